package socketio

import "github.com/gobwas/ws"

// Reason says why a connection or a namespace was left. Its text is stable: it
// appears in logs, in metrics and in the websocket's close frame.
type Reason uint8

// The reasons. Those the client caused by breaking the protocol are not worth
// a reconnect; the clients reconnect anyway, unless a namespace was closed with
// a disconnect packet.
const (
	ReasonTransportClosed   Reason = iota // the network connection ended without a goodbye
	ReasonClientClosed                    // the client closed the session
	ReasonClientDisconnect                // the client left the namespace
	ReasonServerDisconnect                // the application put the client out
	ReasonUnauthorized                    // the client's permission ended
	ReasonShutdown                        // the server is going away
	ReasonPingTimeout                     // no ping or pong in time
	ReasonConnectTimeout                  // no namespace joined in time
	ReasonAttachmentTimeout               // attachments announced and never sent
	ReasonSlowConsumer                    // the client doesn't take its data
	ReasonRateLimited                     // far too many events
	ReasonParseError                      // not an Engine.IO or Socket.IO packet
	ReasonInvalidUTF8                     // text that is not UTF-8
	ReasonProtocolError                   // broken websocket framing
	ReasonTooLarge                        // a message over MaxPayload
	ReasonFragments                       // a message in too many or too slow pieces
	ReasonPollOverlap                     // two polls or two posts at a time
	ReasonPollAborted                     // a poll was given up by the client
	reasonCount
)

var reasons = [reasonCount]struct {
	text   string
	code   ws.StatusCode // in the websocket's close frame
	again  bool          // whether a reconnect may help
	polite bool          // whether queued messages are still delivered
}{
	ReasonTransportClosed:   {"transport_closed", ws.StatusGoingAway, true, false},
	ReasonClientClosed:      {"client_closed", ws.StatusNormalClosure, false, true},
	ReasonClientDisconnect:  {"client_disconnect", ws.StatusNormalClosure, false, true},
	ReasonServerDisconnect:  {"server_disconnect", ws.StatusNormalClosure, false, true},
	ReasonUnauthorized:      {"unauthorized", ws.StatusPolicyViolation, false, true},
	ReasonShutdown:          {"shutdown", ws.StatusGoingAway, true, true},
	ReasonPingTimeout:       {"ping_timeout", ws.StatusGoingAway, true, false},
	ReasonConnectTimeout:    {"connect_timeout", ws.StatusPolicyViolation, false, false},
	ReasonAttachmentTimeout: {"attachment_timeout", ws.StatusPolicyViolation, false, false},
	ReasonSlowConsumer:      {"slow_consumer", ws.StatusPolicyViolation, true, false},
	ReasonRateLimited:       {"rate_limited", ws.StatusPolicyViolation, true, true},
	ReasonParseError:        {"parse_error", ws.StatusInvalidFramePayloadData, false, false},
	ReasonInvalidUTF8:       {"invalid_utf8", ws.StatusInvalidFramePayloadData, false, false},
	ReasonProtocolError:     {"protocol_error", ws.StatusProtocolError, false, false},
	ReasonTooLarge:          {"too_large", ws.StatusMessageTooBig, false, false},
	ReasonFragments:         {"fragments", ws.StatusPolicyViolation, false, false},
	ReasonPollOverlap:       {"poll_overlap", ws.StatusPolicyViolation, true, false},
	ReasonPollAborted:       {"poll_aborted", ws.StatusGoingAway, true, false},
}

// String returns the reason's stable text, such as "slow_consumer".
func (r Reason) String() string {
	if r >= reasonCount {
		return "unknown"
	}
	return reasons[r].text
}

// CloseCode is the status code a websocket client finds in its close event.
func (r Reason) CloseCode() int { return int(reasons[r].code) }

// Reconnect reports whether the client may hope for better when it comes back.
func (r Reason) Reconnect() bool { return reasons[r].again }

// polite reasons let the client have what was queued for it before.
func (r Reason) polite() bool { return reasons[r].polite }

// closeError carries the reason out of a decoder or a reader.
type closeError struct {
	reason Reason
	detail string
}

func (e *closeError) Error() string { return e.reason.String() + ": " + e.detail }

func parseError(detail string) error { return &closeError{ReasonParseError, detail} }

// reasonOf finds the reason in err; anything else is the network's end.
func reasonOf(err error) Reason {
	if e, ok := err.(*closeError); ok {
		return e.reason
	}
	return ReasonTransportClosed
}
