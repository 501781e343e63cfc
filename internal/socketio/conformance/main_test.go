package main

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"volary/internal/socketio/conformance/suite"
)

func TestRunEndsWithItsContext(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := run(ctx, "127.0.0.1:0", suite.New()); err != nil {
		t.Error(err)
	}
}

func TestRunNamesABadAddress(t *testing.T) {
	if err := run(context.Background(), "nowhere:-1", suite.New()); err == nil {
		t.Error("listened nowhere")
	}
}
