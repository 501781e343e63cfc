module volary

go 1.26.0

toolchain go1.26.11

require (
	github.com/google/uuid v1.6.0 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
)
