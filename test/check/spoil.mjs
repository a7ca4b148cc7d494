// Spoils what agents have written down: each spoiling breaks one invariant in directories of agents that do not run. It shares
// no code with the checker, nor with anything that the checker knows: the formats are written down here a second time.
//
//   node test/check/spoil.mjs                 lists the spoilings
//   node test/check/spoil.mjs NAME DIR...     spoils copies of these directories, in place
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { decode, encode } from 'cborg'
import { ClassicLevel } from 'classic-level'

const sha256 = (bytes) => createHash('sha256').update(bytes).digest()
const hex = (bytes) => Buffer.from(bytes).toString('hex')
const raw = (text) => new Uint8Array(Buffer.from(text, 'hex'))

// ---- a store: pages of rows under keys, each with a checksum ----

const ROWS_IN_PAGE = 32
const pageKey = (table, seq) => `${table}/${String(seq).padStart(16, '0')}`

function rowsOfPage(value) {
  const page = Buffer.from(value).subarray(16)
  const rows = []
  for (let at = 0; at < page.length;) {
    const end = at + 4 + page.readUInt32BE(at)
    rows.push(new Uint8Array(page.subarray(at + 4, end)))
    at = end
  }
  return rows
}

function pageOfRows(key, rows, durableEnd) {
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(durableEnd))
  const parts = rows.flatMap((row) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(row.length)
    return [length, row]
  })
  const body = Buffer.concat([head, ...parts])
  const checksum = createHash('sha256').update(key).update('\0').update(body).digest().subarray(0, 8)
  return Buffer.concat([checksum, body])
}

const openStore = (path) => new ClassicLevel(join(path, 'store'), { keyEncoding: 'utf8', valueEncoding: 'view' })

async function readTable(db, table) {
  const rows = []
  for await (const [, value] of db.iterator({ gte: `${table}/`, lt: `${table}0` })) rows.push(...rowsOfPage(value))
  return rows
}

/** All rows of a table anew, numbered from 0: who changed them once would have renumbered them too. */
async function writeTable(db, table, rows) {
  await db.clear({ gte: `${table}/`, lt: `${table}0` })
  for (let first = 0; first < rows.length; first += ROWS_IN_PAGE) {
    const key = pageKey(table, first)
    await db.put(key, pageOfRows(key, rows.slice(first, first + ROWS_IN_PAGE), first))
  }
}

// ---- rows: a record behind its time and the start of its id, or JSON with raw ids ----

function packed(text) {
  const parts = []
  let at = 0
  for (const { 0: id, index } of text.matchAll(/[0-9a-f]{64}/g)) {
    parts.push(Buffer.from(text.slice(at, index)), Buffer.from([0]), Buffer.from(id, 'hex'))
    at = index + id.length
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(at))])
}

function unpacked(bytes) {
  let text = ''
  let at = 0
  for (let mark = bytes.indexOf(0); mark >= 0; mark = bytes.indexOf(0, at)) {
    text += Buffer.from(bytes.subarray(at, mark)).toString() + hex(bytes.subarray(mark + 1, mark + 33))
    at = mark + 33
  }
  return text + Buffer.from(bytes.subarray(at)).toString()
}

const otherRow = (value) => ({ bytes: Buffer.concat([Buffer.from([2]), packed(JSON.stringify(value))]), other: value })
const eventRow = (value) => ({ bytes: packed(JSON.stringify(value)), event: value })

/** Names of the fields of a body, in their order. */
const entry = ['at', 'contract', 'generation', 'seq', 'prev']
const chain = ['chainSeq', 'chainPrev']
const fields = {
  offer: ['at', 'nonce', 'terms', 'value'],
  award: [
    ...['at', 'task', 'prev', 'generation', 'bid', 'worker', 'price', 'terms', 'nonceReveal', 'panel', 'exposureUntil'],
    ...['reserves', 'considered', ...chain],
  ],
  accept: [...entry, ...chain],
  deliver: [...entry, 'milestone', 'revision', 'resultHash', 'size', 'mediaType', 'sealedHash', 'keyHash'],
  approve: [...entry, 'milestone'],
  opening: ['at', 'contract', 'generation', 'accept'],
  reopening: ['at', 'task', 'generation', 'reason', 'proof', 'bidUntil', 'expires'],
  closing: ['at', ...chain, 'contract', 'outcome', 'slash', 'evidence'],
}
const get = (record, name) => {
  const value = record.body[fields[record.type].indexOf(name)]
  return value instanceof Uint8Array ? hex(value) : value
}

function rowOf(bytes, networkId) {
  // Evidence of contracts of others stays as it is.
  if (bytes[0] === 3) return { bytes, other: {} }
  if (bytes[0] !== 1) return { bytes, other: JSON.parse(unpacked(bytes.subarray(1))) }
  const [type, version, author, signature, body] = decode(bytes.subarray(17))
  const id = hex(sha256(encode([type, version, networkId, author, body])))
  return { bytes, record: { type, author: hex(author), signature, body, id } }
}

// ---- signing ----

/** The network of test/vectors, whose parameters are those of every network of this version, under another name. */
function networkIdOf(name) {
  const { params } = JSON.parse(readFileSync(new URL('../vectors/network.json', import.meta.url), 'utf8'))
  const entries = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return new Uint8Array(sha256(encode(['haggle/network', name, entries])))
}

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const privateKeyOf = (seed) => createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
const publicKeyOf = (seed) =>
  hex(createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' }).subarray(-32))

function signedRow(type, body, { seed, key, networkId }, at) {
  const author = raw(key)
  const id = sha256(encode([type, 1, networkId, author, body]))
  const message = Buffer.concat([Buffer.from(`haggle/1/${type}\0`), id])
  const signature = new Uint8Array(sign(null, message, privateKeyOf(seed)))
  const head = Buffer.alloc(9)
  head[0] = 1
  head.writeBigUInt64BE(BigInt(at), 1)
  const wire = encode([type, 1, author, signature, body])
  const bytes = new Uint8Array(Buffer.concat([head, id.subarray(0, 8), wire]))
  return { bytes, record: { type, author: key, signature, body, id: hex(id) } }
}

/** The same record with some fields changed, signed with its author's own key. */
function resigned(row, changes, agents) {
  const { type, author, body } = row.record
  const names = fields[type]
  const changed = body.map((value, index) => (names[index] in changes ? changes[names[index]] : value))
  return signedRow(type, changed, agentOf(agents, author), Number(body[0]))
}

// ---- agents and what stands in their logs ----

async function load(path) {
  const seed = Buffer.from(readFileSync(join(path, 'key'), 'utf8').split('\n')[0], 'base64url')
  const { network = 'haggle' } = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'))
  const networkId = networkIdOf(network)
  const db = openStore(path)
  const log = (await readTable(db, 'log')).map((bytes) => rowOf(bytes, networkId))
  const events = (await readTable(db, 'events')).map((bytes) => ({ bytes, event: JSON.parse(unpacked(bytes)) }))
  await db.close()
  return { path, seed, key: publicKeyOf(seed), networkId, log, events }
}

async function save({ path, log, events }) {
  const db = openStore(path)
  await writeTable(
    db,
    'log',
    log.map(({ bytes }) => bytes),
  )
  await writeTable(
    db,
    'events',
    events.map(({ bytes }) => bytes),
  )
  await db.close()
  // It says how much there was before.
  rmSync(join(path, 'store', 'MARK'), { force: true })
}

const agentOf = (agents, key) => {
  const found = agents.find((agent) => agent.key === key)
  if (found === undefined) throw new Error(`none of the directories is that of ${key}`)
  return found
}
const indexOfRecord = (agent, id) => agent.log.findIndex(({ record }) => record?.id === id)
const insert = (rows, index, row) => void rows.splice(index, 0, row)
const drop = (rows, index) => void rows.splice(index, 1)
const replace = (agent, id, row) => void agent.log.splice(indexOfRecord(agent, id), 1, row)
const lastLink = (agent) =>
  agent.log
    .flatMap(({ record }) =>
      record?.author === agent.key && fields[record.type]?.includes('chainSeq') ? [record] : [],
    )
    .reduce(
      (last, each) => (last === undefined || get(each, 'chainSeq') > get(last, 'chainSeq') ? each : last),
      undefined,
    )
const nextLink = (agent) => {
  const last = lastLink(agent)
  return { chainSeq: get(last, 'chainSeq') + 1, chainPrev: raw(last.id) }
}

/** A contract with one milestone that was settled between two of these agents, with all that belongs to it. */
function settledContract(agents) {
  for (const requester of agents) {
    const closings = requester.log.filter(({ record }) => record?.type === 'closing' && record.author === requester.key)
    for (const { record: closing } of closings) {
      if (closing.body[4][0] !== 'settled') continue
      const contract = get(closing, 'contract')
      const of = (type) =>
        requester.log.find(({ record }) => record?.type === type && get(record, 'contract') === contract)?.record
      const award = requester.log[indexOfRecord(requester, contract)].record
      const worker = agents.find(({ key }) => key === get(award, 'worker'))
      const found = { contract, award, requester, worker, closing }
      Object.assign(found, {
        accept: of('accept'),
        deliver: of('deliver'),
        approve: of('approve'),
        opening: of('opening'),
      })
      const theirs = worker?.log.find(
        ({ record }) =>
          record?.type === 'closing' && record.author === worker.key && get(record, 'contract') === contract,
      )?.record
      const milestones = award.body[7][2]
      if (theirs !== undefined && milestones.length === 1) return { ...found, theirs }
    }
  }
  throw new Error('these directories hold no contract that was settled between two of them')
}

/** A further generation of a task, signed by both sides, appended to both logs up to an entry. */
function furtherContract(agents, { award, requester, worker, deliver }, generation, upTo) {
  const at = get(award, 'at') + generation * 100_000
  const task = raw(get(award, 'task'))
  const both = (row) => {
    requester.log.push(row)
    worker.log.push(row)
    return row.record
  }
  const reopening = both(
    signedRow('reopening', [at, task, generation, 'judgement', null, at + 1, at + 2], requester, at),
  )
  const again = { at, prev: raw(reopening.id), generation, ...nextLink(requester) }
  const next = both(resigned({ record: award }, again, agents))
  const common = (seq, prev) => [at + seq, raw(next.id), generation, seq, raw(prev.id)]
  const link = nextLink(worker)
  const accept = both(signedRow('accept', [...common(1, next), link.chainSeq, link.chainPrev], worker, at))
  if (upTo === 'accept') return
  const result = deliver.body.slice(5)
  const delivered = both(signedRow('deliver', [...common(2, accept), ...result], worker, at))
  both(signedRow('approve', [...common(3, delivered), 0], requester, at))
}

const alleged = ({ contract, worker, award }, fault) =>
  otherRow({ kind: 'alleged', at: get(award, 'at'), contract, party: worker.key, fault })
const endEvent =
  ({ contract }) =>
  (row) =>
    row.event.event === 'settled' && row.event.contract === contract

// ---- the spoilings ----

/** Each takes the agents and changes their rows. */
export const spoilings = {
  'drop-approval'(agents) {
    const { requester, approve } = settledContract(agents)
    drop(requester.log, indexOfRecord(requester, approve.id))
  },
  'drop-award'(agents) {
    const { worker, award } = settledContract(agents)
    drop(worker.log, indexOfRecord(worker, award.id))
  },
  'cut-tail'(agents) {
    const { requester, closing } = settledContract(agents)
    requester.log.splice(indexOfRecord(requester, closing.id))
  },
  'drop-end-event'(agents) {
    const found = settledContract(agents)
    drop(found.requester.events, found.requester.events.findIndex(endEvent(found)))
  },
  'repeat-end-event'(agents) {
    const found = settledContract(agents)
    const { events } = found.worker
    events.push(events.find(endEvent(found)))
  },
  'tell-another-end'(agents) {
    const found = settledContract(agents)
    const { events } = found.requester
    const index = events.findIndex(endEvent(found))
    events[index] = eventRow({ ...events[index].event, event: 'undecided', end: 'undecided' })
  },
  'repeat-row'(agents) {
    const { worker, deliver } = settledContract(agents)
    const index = indexOfRecord(worker, deliver.id)
    insert(worker.log, index + 1, worker.log[index])
  },
  'flip-signature-bit'(agents) {
    const { worker, approve } = settledContract(agents)
    const index = indexOfRecord(worker, approve.id)
    const bytes = new Uint8Array(worker.log[index].bytes)
    const at = Buffer.from(bytes).indexOf(Buffer.from(approve.signature))
    bytes[at + 3] ^= 4
    worker.log[index] = { bytes }
  },
  'sign-for-another'(agents) {
    const { requester, worker, approve } = settledContract(agents)
    // The worker approves its own work, under its own name.
    const own = signedRow('approve', approve.body, worker, get(approve, 'at'))
    replace(requester, approve.id, own)
    replace(worker, approve.id, own)
  },
  'raise-price'(agents) {
    const { requester, award } = settledContract(agents)
    replace(requester, award.id, resigned({ record: award }, { price: get(award, 'price') + 1 }, agents))
  },
  'award-twice'(agents) {
    const { requester, award, worker } = settledContract(agents)
    const other = agents.find(({ key }) => key !== requester.key && key !== worker.key)
    const again = { worker: raw(other.key), ...nextLink(requester) }
    requester.log.push(resigned({ record: award }, again, agents))
  },
  'settle-twice'(agents) {
    const found = settledContract(agents)
    furtherContract(agents, found, get(found.award, 'generation') + 1, 'approve')
  },
  'reopen-what-settled'(agents) {
    const { requester, award, approve } = settledContract(agents)
    const at = get(approve, 'at') + 1
    const body = [at, raw(get(award, 'task')), get(award, 'generation') + 1, 'ended', raw(approve.id), at + 1, at + 2]
    requester.log.push(signedRow('reopening', body, requester, at))
  },
  'work-on-after-reopening'(agents) {
    const { requester, worker, award, deliver } = settledContract(agents)
    const at = get(deliver, 'at') - 1
    const body = [at, raw(get(award, 'task')), get(award, 'generation') + 1, 'judgement', null, at + 1, at + 2]
    insert(worker.log, indexOfRecord(worker, deliver.id), signedRow('reopening', body, requester, at))
  },
  'deliver-two-results'(agents) {
    const { worker, deliver } = settledContract(agents)
    const second = resigned({ record: deliver }, { resultHash: new Uint8Array(sha256('another result')) }, agents)
    insert(worker.log, indexOfRecord(worker, deliver.id) + 1, second)
  },
  'close-otherwise'(agents) {
    const { worker, theirs } = settledContract(agents)
    replace(worker, theirs.id, resigned({ record: theirs }, { outcome: ['withdrawn', null, null] }, agents))
  },
  'close-lower'(agents) {
    const { worker, theirs } = settledContract(agents)
    replace(worker, theirs.id, resigned({ record: theirs }, { outcome: ['undecided', null, null] }, agents))
  },
  'blame-without-proof'(agents) {
    const { requester, worker, closing } = settledContract(agents)
    const outcome = ['breached', raw(worker.key), 'BAD']
    replace(requester, closing.id, resigned({ record: closing }, { outcome }, agents))
  },
  overcharge(agents) {
    const { requester, worker, closing } = settledContract(agents)
    const outcome = ['breached', raw(worker.key), 'CONCEDE']
    replace(requester, closing.id, resigned({ record: closing }, { outcome, slash: 50_000_000 }, agents))
  },
  'open-after-lapse'(agents) {
    for (const { key, log } of agents) {
      const index = log.findIndex(({ record }) => record?.type === 'opening' && record.author === key)
      if (index < 0) continue
      const { record } = log[index]
      insert(log, index, otherRow({ kind: 'lapsed', at: get(record, 'at'), contract: get(record, 'contract') }))
      return
    }
    throw new Error('these directories hold no opening')
  },
  'allege-after-delivery'(agents) {
    const found = settledContract(agents)
    const { requester, deliver } = found
    insert(requester.log, indexOfRecord(requester, deliver.id) + 1, alleged(found, 'NO_DELIVERY'))
  },
  'blame-a-stranger'(agents) {
    const found = settledContract(agents)
    const { requester, award } = found
    insert(requester.log, indexOfRecord(requester, award.id) + 1, alleged(found, 'ABANDONED'))
  },
  overbook(agents) {
    const found = settledContract(agents)
    const first = get(found.award, 'generation') + 1
    for (let more = 0; more < 7; more += 1) furtherContract(agents, found, first + more, 'accept')
  },
  'settle-unpaid'(agents) {
    const { requester, worker, approve } = settledContract(agents)
    for (const agent of [requester, worker]) drop(agent.log, indexOfRecord(agent, approve.id))
  },
  'forget-settlement'(agents) {
    const { worker, approve } = settledContract(agents)
    worker.log.splice(indexOfRecord(worker, approve.id))
  },
  'leave-contract-open'(agents) {
    const { worker, theirs, contract } = settledContract(agents)
    drop(worker.log, indexOfRecord(worker, theirs.id))
    worker.events = worker.events.filter(({ event }) => event.contract !== contract)
  },
  'leave-offer-open'(agents) {
    for (const agent of agents) {
      const index = agent.log.findIndex(({ other }) => other?.kind === 'task-closed')
      if (index < 0) continue
      drop(agent.log, index)
      return
    }
    throw new Error('these directories hold no task that left the board')
  },
}

/** Spoils the stores of these directories; they are changed for good. */
export async function spoil(name, paths) {
  const change = spoilings[name]
  if (change === undefined) throw new Error(`no spoiling "${name}": ${Object.keys(spoilings).join(', ')}`)
  const agents = []
  for (const path of paths) agents.push(await load(path))
  change(agents)
  for (const agent of agents) await save(agent)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [name, ...paths] = process.argv.slice(2)
  if (name === undefined) process.stdout.write(`${Object.keys(spoilings).join('\n')}\n`)
  else await spoil(name, paths)
}
