// Certificates for the tests of TLS, made by openssl when they are needed: nothing that looks like a key is in the repository.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Certificates } from '../../src/edge/socket-tcp.ts'

/** An authority, and what it has signed. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'troupe-certificates-'))
  readonly ca: string

  constructor() {
    this.#openssl(`req -x509 ${KEY} -keyout ca.key -out ca.pem -subj /CN=authority -days 2`)
    this.ca = this.#read('ca.pem')
  }
  /** A key and a certificate for a node, made out to its name and to the loopback address. */
  for(name: string): Certificates {
    writeFileSync(join(this.#folder, 'names'), `subjectAltName=DNS:${name},DNS:nodes,IP:127.0.0.1\n`)
    this.#openssl(`req ${KEY} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`)
    this.#openssl(
      `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out ${name}.pem`,
    )
    return { key: this.#read(`${name}.key`), cert: this.#read(`${name}.pem`), ca: this.ca }
  }
  close(): void {
    rmSync(this.#folder, { recursive: true })
  }

  #openssl(line: string): void {
    execFileSync(OPENSSL, line.split(' '), { cwd: this.#folder, stdio: 'pipe' })
  }
  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8')
  }
}

const OPENSSL = 'openssl'
const KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
