// Package verify holds Volary's flight against flights that other simulators
// flew: RotorPy, MuJoCo, PX4's SIH, the MRS multirotor simulator and
// gym-pybullet-drones. It reads their files as they are and says how far from
// each row the same flight on our physics is.
package verify
