package postgrestest

import "syscall"

// dieWithUs has a process end when the thread that started it does: a test that
// panics or runs out of time leaves no server behind. SIGQUIT is PostgreSQL's
// immediate shutdown.
func dieWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
