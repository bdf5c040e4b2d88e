// What the demo prints on, and how figures look on it.
//
// Invariants:
// - Everything that is coloured is painted through the screen, which paints nothing where colours are not wanted
//   (no terminal, NO_COLOR), so text never needs colour to be understood.
// - Figures look the same everywhere, whatever language the machine speaks.
import { styleText } from 'node:util'

export type Paint = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow'

export interface Screen {
  /** Whether what has been written can be drawn over: a terminal. */
  readonly live: boolean
  /** Its width, which changes as a window does. */
  readonly columns: number
  write(text: string): void
  paint(how: Paint, text: string): string
}

export function screenOn(stream: NodeJS.WriteStream): Screen {
  return {
    live: stream.isTTY === true && process.env['TERM'] !== 'dumb',
    get columns() {
      return stream.columns > 0 ? stream.columns : 80 // 0 where the terminal does not know
    },
    write: text => void stream.write(text),
    paint: (how, text) => styleText(how, text, { stream }),
  }
}

/** 1234567 as 1,234,567. */
export function grouped(n: number): string {
  return n.toLocaleString('en-US')
}

/** The text within so many columns, an ellipsis where it had to be cut. */
export function clipped(text: string, columns: number): string {
  return text.length <= columns ? text : columns < 1 ? '' : `${text.slice(0, columns - 1).trimEnd()}…`
}
