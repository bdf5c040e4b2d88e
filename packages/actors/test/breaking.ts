// Breaks classes on purpose, for tests that must find out, and mends them afterwards.
import { afterEach } from 'vitest'

const repairs: (() => void)[] = []
afterEach(() => {
  for (const repair of repairs.splice(0).reverse()) repair()
})

/**
 * Replaces a method, or a getter, of a class until the test has ended; the new one gets the old one. Where the class has it
 * from another it gets one of its own, so that the other's is what it was.
 */
export function breaks<T extends object, K extends keyof T>(target: T, name: K, make: (old: T[K]) => unknown): void {
  const own = Object.getOwnPropertyDescriptor(target, name)
  const old = own ?? inherited(target, name)
  repairs.push(() => {
    if (own) Object.defineProperty(target, name, own)
    else Reflect.deleteProperty(target, name)
  })
  const value = make(old.value as T[K])
  Object.defineProperty(target, name, old.get ? { configurable: true, get: value as () => unknown } : { ...old, value })
}

function inherited(target: object, name: PropertyKey): PropertyDescriptor {
  for (let at = Object.getPrototypeOf(target); at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, name)
    if (found) return found
  }
  throw new Error(`there is no ${String(name)} that could be broken`)
}
