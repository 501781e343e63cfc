// Package verify holds Volary's flight against flights that other simulators
// flew.
package verify
