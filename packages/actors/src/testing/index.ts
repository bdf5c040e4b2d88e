// The public names of @troupe/actors/testing. No file inside imports this one.
export { simulate, SimulationFailed } from './simulation.ts'
export type { Simulation, SimulationOptions } from './simulation.ts'
export { NotSimulated } from './course.ts'
export { probe } from './probe.ts'
export type { Probe, Sent } from './probe.ts'
export { stub } from './stub.ts'
export type { Answers } from './stub.ts'
