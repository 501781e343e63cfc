package world_test

import (
	"math"
	"strings"
	"testing"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

func TestSensorsSayWhatTheDroneDoes(t *testing.T) {
	w, err := world.New(&scenario.Scenario{
		Name: "t", Home: geo.LLA{Lat: 47.4, Lon: 8.5, Alt: 488}, Sensors: "px4", Fleet: []scenario.Group{{Count: 2, Model: "x500"}},
	}, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := w.Hash()
	must(t, w, drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: num(10)}})
	fly(t, w, 40, "holding", func(s telemetry.Sample) bool { return s.Mode == drone.Hold })
	for range 5 * world.TickHz {
		w.Step()
	}
	s, imu, err := w.Readings("d1")
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(s.GPS.P.Z-10) > 0.5 || !s.GPS.Fix || w.Tick() == 0 || before == w.Hash() {
		t.Errorf("GPS says %+v, want 10 m up", s.GPS)
	}
	// 10 m above 488 m: the standard atmosphere has 954.9 hPa there.
	if math.Abs(s.Baro.Pressure-954.9) > 1 {
		t.Errorf("barometer says %.2f hPa", s.Baro.Pressure)
	}
	if math.Abs(imu.Accel.Z-9.81) > 6 || imu.Gyro.Norm() > 1 {
		t.Errorf("IMU says %+v", imu)
	}
	if _, _, err := w.Readings("d9"); err == nil {
		t.Error("a drone that isn't there has sensors")
	}
}

func TestAScenarioBringsItsOwnAirframe(t *testing.T) {
	text := func(izz string) string {
		return `
name: own
home: {lat: 47, lon: 8}
fleet: [{count: 1, model: mine}]
airframes:
  - name: mine
    size_m: {value: 0.5}
    mass_kg: {value: 2}
    inertia_kgm2: {xx: 0.02, yy: 0.02, zz: ` + izz + `}
    rotors: [{x: 0.2, y: 0.2, turn: 1}, {x: 0.2, y: -0.2, turn: -1}, {x: -0.2, y: -0.2, turn: 1}, {x: -0.2, y: 0.2, turn: -1}]
    rotor_radius_m: {value: 0.13}
    thrust_coefficient: {value: 8e-06}
    torque_coefficient: {value: 1.3e-07}
    rotor_speed_max: {value: 1000}
    motor_lag_up_s: {value: 0.02}
    motor_lag_down_s: {value: 0.02}
    battery: {cells: 4, capacity_mah: 5000, resistance_ohm: 0.02, hover_power_w: 200}
    limits: {speed_ms: 10, climb_ms: 3, descend_ms: 1.5, tilt_deg: 35}
    cruise_ms: {value: 5}
`
	}
	sc, err := scenario.Parse([]byte(text("0.039")))
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.New(sc, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	must(t, w, drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: num(5)}})
	fly(t, w, 30, "holding", func(s telemetry.Sample) bool { return s.Mode == drone.Hold })

	if sc, err = scenario.Parse([]byte(text("0.05"))); err != nil {
		t.Fatal(err)
	}
	if _, err = world.New(sc, world.Options{}); err == nil || !strings.Contains(err.Error(), "airframes[0]: inertia_kgm2") {
		t.Errorf("error %v, want one that names the airframe and its inertia", err)
	}
}
