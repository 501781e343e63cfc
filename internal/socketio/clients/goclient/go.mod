module volary/socketio/goclient

go 1.26.0

require github.com/googollee/go-socket.io v1.7.0

require github.com/gorilla/websocket v1.5.3 // indirect
