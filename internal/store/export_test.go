package store

// WithDial sets how PostgreSQL is dialled, for tests that cut the line.
func (o Options) WithDial(dial dialFunc) Options {
	o.dial = dial
	return o
}
