#!/usr/bin/env node
// What must be said before the modules load that cannot load then. Nothing newer than this syntax may stand here, and nothing but
// a module of Node itself may be imported: an old Node must get as far as the sentence.
import { readFileSync } from 'fs'

var FLOOR = [20, 19]
var FEWEST_FILES = 256

function hindrance() {
  var version = process.versions.node.split('.').map(Number)
  if (version[0] < FLOOR[0] || (version[0] === FLOOR[0] && version[1] < FLOOR[1])) {
    return {
      check: 'node',
      state: 'mend',
      saw: 'Node ' + process.versions.node + ' is too old: haggle needs ' + FLOOR.join('.') + ' or newer',
      mend: 'Install a newer Node from https://nodejs.org, or with your version manager: nvm install 22',
    }
  }
  var files = openFiles()
  if (files >= FEWEST_FILES) return undefined
  return {
    check: 'files',
    state: 'mend',
    saw:
      'only ' + files + ' files may be open: haggle needs ' + FEWEST_FILES + ' to load, and an agent with peers more',
    mend: 'Raise it in the shell that starts it: ulimit -n 4096 (in a systemd unit: LimitNOFILE=4096)',
  }
}

/** The limit of open files, where the system tells it at no cost. */
function openFiles() {
  try {
    var found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return found === null ? Infinity : Number(found[1])
  } catch {
    return Infinity
  }
}

var found = hindrance()
if (found === undefined) {
  void import('../dist/cli.js')
} else {
  process.exitCode = 78
  if (process.argv[2] !== 'doctor') {
    process.stderr.write('haggle: ' + found.saw + '.\n  ' + found.mend + '\n')
  } else if (process.argv.indexOf('--json') > 0) {
    process.stdout.write(JSON.stringify(found) + '\n')
  } else {
    process.stdout.write(found.check + '  MEND  ' + found.saw + '\n  ' + found.mend + '\n')
  }
}
