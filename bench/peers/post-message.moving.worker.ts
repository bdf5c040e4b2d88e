// The other end of post-message.moving.ts: keeps objects, and hands them to the worker at the other end of its port.
//
// An object is made anew of the state that came, as a class instance would have to be.

import { type MessagePort, parentPort, threadId, workerData } from 'node:worker_threads'
import { type Rows, rowsOf } from '../rows.ts'

export type ToMover =
  | { type: 'make'; object: number; rows: number }
  | { type: 'move'; object: number }
  | { type: 'add' | 'where'; object: number; id: number; n: number }

export type FromMover = { type: 'here'; id: number } | { type: 'reply'; id: number; value: number }

interface State {
  count: number
  rows: Rows
}

class Kept {
  readonly state: State
  constructor(state: State) {
    this.state = state
  }
}

const objects = new Map<number, Kept>()
const other = workerData as MessagePort

function say(message: FromMover): void {
  parentPort!.postMessage(message)
}

parentPort!.on('message', (message: ToMover) => {
  const { object } = message
  switch (message.type) {
    case 'make':
      return void objects.set(object, new Kept({ count: 0, rows: rowsOf(message.rows) }))
    case 'move':
      other.postMessage({ object, state: objects.get(object)!.state })
      return void objects.delete(object)
    case 'add':
    case 'where': {
      objects.get(object)!.state.count++
      return say({ type: 'reply', id: message.id, value: message.type === 'add' ? message.n + 1 : threadId })
    }
    default:
      message satisfies never
  }
})
other.on('message', ({ object, state }: { object: number; state: State }) => {
  objects.set(object, new Kept(state))
  say({ type: 'here', id: object })
})
