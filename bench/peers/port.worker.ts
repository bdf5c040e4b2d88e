// The other end of port.ts: consumes, produces or echoes, as it is told when it is started.

import { parentPort, workerData } from 'node:worker_threads'
import { Inlet, Outlet } from './port.window.ts'

export type Role = 'consume' | 'produce' | 'echo'
/** For a producer: the numbers to send. */
export interface Order {
  readonly from: number
  readonly until: number
}

const port = parentPort!
const { role, window } = workerData as { role: Role; window: number }

switch (role) {
  case 'consume':
    new Inlet(port, window, tally => port.postMessage(tally))
    break
  case 'produce': {
    const outlet = new Outlet([port], window, () => {})
    port.on('message', (message: Order | number) => {
      if (typeof message !== 'number') outlet.send(message.from, message.until, n => n)
    })
    break
  }
  case 'echo':
    port.on('message', (n: number) => port.postMessage(n + 1))
    break
  default:
    role satisfies never
}
port.postMessage('ready')
