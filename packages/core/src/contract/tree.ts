import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import { afterTimeout, beatenBy } from './certified-end.ts'
import { hasPanel, type Contract, type EntryNode, type EntryRecord, type Stage } from './contract.ts'
import { faultOf, rankOf } from './ends.ts'
import { weigh } from './missed.ts'

type Children = ReadonlyMap<RecordId, readonly EntryNode[]>

/** What the branches of a contract come to: its main line, the evidence of forks, and the stage that counts. */
export function readTree(contract: Contract): Pick<Contract, 'entries' | 'forks' | 'stage'> {
  const stages = stagesOf(contract)
  const tree = { contract, stages, beaten: stages.size === 0 ? noneBeaten : beatenBy(contract, stages.keys()) }
  const children = childrenOf(contract)
  const forks = forksOf(children)
  const line = mainLine(tree, children)
  const end = highestEnd(tree)
  const [fork] = forks
  // CON-03: two entries by one author on one prev void the contract, unless a higher end stands on some branch.
  const voided: EndedStage | null =
    fork === undefined
      ? null
      : { kind: 'ended', outcome: faultOf('void', fork.author, 'FORK'), by: fork, recheck: null }
  const stage = higher(end, voided) ?? line.stage
  return { entries: line.entries, forks, stage }
}

/** A contract with what its TIMEOUTs come to beside their certificates; without a panel, or without any, they come to nothing. */
interface Tree {
  readonly contract: Contract
  readonly stages: ReadonlyMap<RecordId, Stage>
  /** Entries whose ends do not count beside a true TIMEOUT. */
  readonly beaten: ReadonlySet<RecordId>
}

const noneBeaten: ReadonlySet<RecordId> = new Set()

const noStages: ReadonlyMap<RecordId, Stage> = new Map()

function stagesOf(contract: Contract): ReadonlyMap<RecordId, Stage> {
  if (!hasPanel(contract)) return noStages
  const stages = new Map<RecordId, Stage>()
  for (const node of contract.nodes.values()) {
    if (node.entry.type !== 'timeout') continue
    const after = afterTimeout(contract, node)
    if (after.kind === 'true') stages.set(node.entry.id, after.stage)
  }
  return stages
}

/** The end that a node makes, certificates read in; null where it makes none. */
function endAt(tree: Tree, node: EntryNode): EndedStage | null {
  const stage = stageAt(tree, node)
  return stage.kind === 'ended' && !tree.beaten.has(node.entry.id) ? stage : null
}

/** The stage after a node, certificates read in. */
function stageAt(tree: Tree, { entry, stage }: EntryNode): Stage {
  return tree.stages.get(entry.id) ?? stage
}

type EndedStage = Stage & { readonly kind: 'ended' }

/** CON-14: the highest end of all branches; of equal ones that of the lowest entry id. */
function highestEnd(tree: Tree): EndedStage | null {
  let best: EndedStage | null = null
  for (const node of tree.contract.nodes.values()) {
    best = higher(best, endAt(tree, node))
  }
  return best
}

function higher(a: EndedStage | null, b: EndedStage | null): EndedStage | null {
  if (a === null || b === null) return a ?? b
  const difference = rankOf(a.outcome) - rankOf(b.outcome)
  if (difference !== 0) return difference > 0 ? a : b
  return a.by.id <= b.by.id ? a : b
}

/** The entries on each prev, by id, so that nothing depends on the order in which they came. */
function childrenOf(contract: Contract): Children {
  const children = new Map<RecordId, EntryNode[]>()
  for (const node of contract.nodes.values()) {
    if (node.entry.type === 'award') continue
    const { prev } = node.entry.body
    const siblings = children.get(prev)
    if (siblings === undefined) children.set(prev, [node])
    else siblings.push(node)
  }
  for (const siblings of children.values()) siblings.sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1))
  return children
}

function forksOf(children: Children): EntryRecord[] {
  const forks: EntryRecord[] = []
  for (const siblings of children.values()) {
    const authors = new Set<AgentKey>()
    for (const { entry } of siblings) {
      if (authors.has(entry.author)) forks.push(entry)
      authors.add(entry.author)
    }
  }
  return forks.toSorted((a, b) => seqOf(a) - seqOf(b) || (a.id < b.id ? -1 : 1))
}

/** Place of an entry in its branch; the award is 0. */
export function seqOf(entry: EntryRecord): number {
  return entry.type === 'award' ? 0 : entry.body.seq
}

function mainLine(tree: Tree, children: Children): { entries: EntryRecord[]; stage: Stage } {
  const { award } = tree.contract
  const entries: EntryRecord[] = [award]
  let stage: Stage = { kind: 'awaiting-accept' }
  for (;;) {
    const last = entries.at(-1) ?? award
    const siblings = children.get(last.id) ?? []
    const next = preferred(tree, siblings, children)
    // A copy is as long as it must be; a list that grew keeps room for a dozen more.
    if (next === undefined) return { entries: entries.slice(), stage }
    entries.push(next.entry)
    const after = stageAt(tree, next)
    stage = after.kind === 'timed-out' ? withLate(after, siblings) : after
  }
}

/**
 * The branch to show: one with the higher end; else, on one prev, an entry of the old holder that the waiting party has
 * linked to, or that its panel certifies as timely, beats its TIMEOUT (CON-24), and a TIMEOUT beats an entry that nobody has linked to.
 */
function preferred(tree: Tree, siblings: readonly EntryNode[], children: Children): EntryNode | undefined {
  if (siblings.length < 2) return siblings[0]
  const weighed = siblings.map((node) => ({
    node,
    end: endBelow(tree, node, children),
    line: weight(tree, node, siblings, children),
  }))
  weighed.sort((a, b) => b.end - a.end || b.line - a.line)
  return weighed[0]?.node
}

function weight(tree: Tree, node: EntryNode, siblings: readonly EntryNode[], children: Children): number {
  if (node.entry.type === 'timeout') return 1
  const waiting = siblings.find((other) => other.entry.type === 'timeout')?.entry.author
  const linked = (children.get(node.entry.id) ?? []).some((next) => next.entry.author === waiting)
  return linked || isMet(tree.contract, node) ? 2 : 0
}

function isMet(contract: Contract, { entry }: EntryNode): boolean {
  if (!hasPanel(contract) || entry.type === 'award') return false
  const parent = contract.nodes.get(entry.body.prev)
  return parent !== undefined && weigh(contract, parent).kind === 'met'
}

/** The rank of the highest end in a branch, or -1. Walks without recursion: a branch may be as long as a contract. */
function endBelow(tree: Tree, top: EntryNode, children: Children): number {
  let best = -1
  const open = [top]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const end = endAt(tree, node)
    if (end !== null) best = Math.max(best, rankOf(end.outcome))
    open.push(...(children.get(node.entry.id) ?? []))
  }
  return best
}

function withLate(stage: Stage & { kind: 'timed-out' }, siblings: readonly EntryNode[]): Stage {
  const late = siblings.find(
    (other) => other.entry.id !== stage.timeout.id && isByOldHolder(other.entry, stage.timeout),
  )
  return late === undefined ? stage : { ...stage, late: late.entry }
}

function isByOldHolder(entry: EntryRecord, timeout: HaggleRecord<'timeout'>): boolean {
  return entry.author !== timeout.author
}
