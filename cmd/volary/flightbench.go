package main

type flightBench struct{}

func (*flightBench) Run() error { return nil }
