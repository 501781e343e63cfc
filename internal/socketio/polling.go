package socketio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"time"
)

const (
	// lateUpgrade is how long a poll that came after the probe waits for the
	// upgrade to be completed, which then refuses it.
	lateUpgrade = 100 * time.Millisecond
	// probePause is how long a pending poll is held after the probe: where the
	// upgrade packet follows at once, the poll belongs to nobody any more.
	probePause = 10 * time.Millisecond
	// maxPollPackets is how many packets a poll is answered with: the Python
	// client takes a longer answer for an attack. The rest waits for the next.
	maxPollPackets = 16
)

// poll answers a GET: it waits until there is something to say.
func (s *session) poll(w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	// The surrounding server's own timeouts would cut every long poll.
	rc.SetReadDeadline(time.Time{})
	rc.SetWriteDeadline(time.Time{})
	s.mu.Lock()
	if s.conn != nil || s.state == stateGone {
		s.mu.Unlock()
		errBadRequest.write(w)
		return
	}
	if s.polling {
		s.mu.Unlock()
		s.close(ReasonPollOverlap)
		errBadRequest.write(w)
		return
	}
	s.polling, s.stalled = true, time.Time{}
	late := s.probed
	s.mu.Unlock()

	packets, ok := s.awaitPackets(r.Context(), late)
	// Before anything is written: a client that has its answer may poll again
	// sooner than this handler returns, and that is no overlap.
	s.endPoll()
	switch {
	case ok:
		s.writePoll(w, rc, packets)
	case r.Context().Err() == nil: // otherwise nobody is left to be told
		errBadRequest.write(w)
	}
}

// awaitPackets waits for what a poll is answered with. It reports false when the
// poll is to be refused, or its client gave it up.
func (s *session) awaitPackets(ctx context.Context, late bool) ([]enginePacket, bool) {
	if late && s.waitAttached(lateUpgrade) {
		return nil, false
	}
	for {
		packets, outcome := s.takePoll()
		switch {
		case outcome == pollRefused:
			return nil, false
		case len(packets) > 0:
			return packets, true
		case outcome == pollProbed:
			return noopWire.packets, !s.waitAttached(probePause)
		}
		select {
		case <-s.pollWake:
		case <-s.attached:
		case <-s.done:
		case <-ctx.Done():
			s.close(ReasonPollAborted)
			return nil, false
		}
	}
}

// waitAttached waits for an upgrade to be completed.
func (s *session) waitAttached(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.attached:
		return true
	case <-s.done:
	case <-timer.C:
	}
	return false
}

type pollOutcome uint8

const (
	pollOpen    pollOutcome = iota
	pollProbed              // an upgrade wants the poll out of the way
	pollRefused             // the session is on a websocket, or gone
)

// takePoll returns the packets a poll may have now.
func (s *session) takePoll() ([]enginePacket, pollOutcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil || s.state == stateGone || s.saidParted {
		return nil, pollRefused
	}
	limit := maxPollPackets
	if s.state == stateClosing {
		limit = math.MaxInt // there is no next poll
	}
	packets, items := s.out.takePackets(limit)
	s.srv.counters.messagesSent.Add(uint64(items))
	if s.state == stateClosing {
		return s.lastWords(packets), pollOpen
	}
	if s.probed {
		return packets, pollProbed
	}
	return packets, pollOpen
}

// lastWords ends the session for its polling client; s.mu is held.
func (s *session) lastWords(packets []enginePacket) []enginePacket {
	s.saidParted = true
	close(s.parted)
	if !s.reason.polite() {
		packets = packets[:0]
	}
	last := enginePacket{kind: engineClose}
	if s.reason == ReasonClientClosed { // it knows
		last.kind = engineNoop
	}
	return append(packets, last)
}

// endPoll makes room for the client's next poll.
func (s *session) endPoll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polling = false
	if s.state == stateOpen && s.conn == nil && !s.out.empty() && s.stalled.IsZero() {
		s.stalled = time.Now()
		signal(s.wake)
	}
	if s.state == stateClosing && !s.saidParted && !s.reason.polite() { // nobody waits for last words
		s.saidParted = true
		close(s.parted)
	}
}

func (s *session) writePoll(w http.ResponseWriter, rc *http.ResponseController, packets []enginePacket) {
	body, contentType := encodePayload(packets, s.eio, s.base64Only)
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	rc.SetWriteDeadline(time.Now().Add(s.srv.config.WriteTimeout))
	_, err := w.Write(body)
	if err == nil {
		err = rc.Flush() // now, while the deadline and the error are ours
	}
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.close(ReasonSlowConsumer)
		return
	}
	rc.SetWriteDeadline(time.Time{})
	s.srv.counters.bytesSent.Add(uint64(len(body)))
}

// post answers a POST: the client's packets.
func (s *session) post(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	refused := s.conn != nil || s.state != stateOpen
	overlap := s.posting
	if !refused && !overlap {
		s.posting = true
	}
	s.mu.Unlock()
	if refused {
		errBadRequest.write(w)
		return
	}
	if overlap {
		s.close(ReasonPollOverlap)
		errBadRequest.write(w)
		return
	}
	defer func() {
		s.mu.Lock()
		s.posting = false
		s.mu.Unlock()
	}()

	packets, refusal, err := s.readPost(w, r)
	if err == nil {
		err = s.receiveAll(packets)
	}
	if err != nil {
		reason := reasonOf(err)
		s.close(reason)
		if reason != ReasonClientClosed {
			refusal.write(w)
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	io.WriteString(w, "ok")
}

// readPost reads a request's packets, and names the answer for the case that
// they, or what they say, can't be accepted.
func (s *session) readPost(w http.ResponseWriter, r *http.Request) ([]enginePacket, *engineError, error) {
	limit := int64(s.srv.config.MaxPayload)
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // the body will not be read
		return nil, &errTooBig, &closeError{ReasonTooLarge, "content length"}
	}
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Now().Add(s.srv.config.ReadTimeout))
	var body bytes.Buffer
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		return nil, &errTooBig, &closeError{ReasonTooLarge, "body"}
	}
	if err != nil {
		w.Header().Set("Connection", "close")
		return nil, &errBadRequest, err
	}
	rc.SetReadDeadline(time.Time{})
	packets, err := s.decodeBody(r.Header.Get("Content-Type"), body.Bytes())
	return packets, &errBadRequest, err
}

func (s *session) decodeBody(contentType string, body []byte) ([]enginePacket, error) {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	maxPackets := s.srv.config.MaxPackets
	switch {
	case s.eio == 4 && mediaType == binaryPayload:
		return nil, parseError("binary body in revision 4")
	case s.eio == 4:
		return decodePayload4(body, maxPackets)
	case mediaType == binaryPayload:
		return decodePayload3Binary(body, maxPackets)
	}
	return decodePayload3(body, maxPackets)
}

// receiveAll takes packets in order. What follows a close packet is ignored.
func (s *session) receiveAll(packets []enginePacket) error {
	s.receiving.Lock()
	defer s.receiving.Unlock()
	for _, p := range packets {
		if err := s.receive(p); err != nil {
			return err
		}
	}
	return nil
}
