// A thread that connects with mutual TLS, sends a byte, and says when it has come back: beside ours, whose hub does as much.

import { once } from 'node:events'
import { connect, type ConnectionOptions } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'

const socket = connect(workerData as ConnectionOptions)
socket.write('x')
await once(socket, 'data')
parentPort!.postMessage('there and back')
socket.destroy()
