//go:build unix && !linux

package postgrestest

import "syscall"

// dieWithUs can't be had here: a test that panics leaves its server running.
func dieWithUs(*syscall.SysProcAttr) {}
