import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'
import { phases, type Agent, type Costs, type TaxCounter } from '@haggle/node'
import type { Cost, Journal, Tally } from '@haggle/ports'
import { agentText, type AgentKey } from '@haggle/protocol'
import { Counter, Gauge, Registry } from 'prom-client'
import type { BlobTraffic } from './counted-blobs.ts'
import type { Exposition } from './server.ts'

/** Peers over their quota that are named; all others are one sum, so that nobody fills the scraper's memory (TAX-15). */
const NAMED_PEERS = 10
const LAG_RESOLUTION_MS = 20
const LAG_QUANTILES = [0.5, 0.99, 1] as const

export interface MetricsSource {
  /** Undefined while it starts. */
  readonly agent: () => Agent | undefined
  readonly tax: TaxCounter
  readonly blobs: BlobTraffic
  readonly journal: Journal
}

/** Everything that a running agent counts, as Prometheus text. */
export interface AgentExposition extends Exposition {
  /** Leaves no timer behind. */
  close(): void
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]
/** Says what a metric is at the moment when somebody asks. */
type Define = (name: string, help: string, labels: readonly string[], samples: () => readonly Sample[]) => void

export function agentExposition(source: MetricsSource): AgentExposition {
  const registry = new Registry()
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
  lag.enable()
  const counter: Define = (name, help, labels, samples) => {
    registry.registerMetric(
      new Counter({
        ...{ name, help, labelNames: [...labels], registers: [] },
        collect() {
          this.reset()
          for (const [at, value] of samples()) this.inc({ ...at }, value)
        },
      }),
    )
  }
  const gauge: Define = (name, help, labels, samples) => {
    registry.registerMetric(
      new Gauge({
        ...{ name, help, labelNames: [...labels], registers: [] },
        collect() {
          this.reset()
          for (const [at, value] of samples()) this.inc({ ...at }, value)
        },
      }),
    )
  }
  defineTax(counter, source.tax)
  defineCounters(counter, source)
  defineGauges(gauge, source, lag)
  return {
    contentType: registry.contentType,
    text: () => (source.agent() === undefined ? Promise.resolve(undefined) : registry.metrics()),
    close: () => void lag.disable(),
  }
}

function defineTax(counter: Define, tax: TaxCounter): void {
  const byPhase = (samples: (costs: Costs, phase: string) => readonly Sample[]): readonly Sample[] => {
    const counted = tax.byPhase()
    return phases.flatMap((phase) => samples(counted[phase], phase))
  }
  const bothWays = (name: string, help: string, out: Cost, into: Cost): void =>
    counter(name, help, ['phase', 'direction'], () =>
      byPhase((costs, phase) => [
        [{ phase, direction: 'out' }, costs[out]],
        [{ phase, direction: 'in' }, costs[into]],
      ]),
    )
  const perPhase = (name: string, help: string, cost: Cost, perUnit = 1): void =>
    counter(name, help, ['phase'], () => byPhase((costs, phase) => [[{ phase }, costs[cost] / perUnit]]))
  bothWays('haggle_messages_total', 'Messages between agents, by phase of their task.', 'messages-out', 'messages-in')
  bothWays('haggle_message_bytes_total', 'Bytes of these messages, as agents write them.', 'bytes-out', 'bytes-in')
  perPhase('haggle_signatures_total', 'Signatures made.', 'signatures')
  perPhase('haggle_verifications_total', 'Signatures checked.', 'verifications')
  perPhase(
    'haggle_verifications_needed_total',
    'Signatures checked of genuine records that were not held already.',
    'verifications-needed',
  )
  perPhase('haggle_cpu_seconds_total', 'CPU time of this process, all threads, no children.', 'cpu-us', 1e6)
  perPhase('haggle_wait_seconds_total', 'Time between the steps of tasks.', 'wait-ms', 1e3)
  counter('haggle_socket_bytes_total', 'Bytes of all sockets of the transport.', ['direction'], () => {
    const total = tax.total()
    return [
      [{ direction: 'out' }, total['socket-out']],
      [{ direction: 'in' }, total['socket-in']],
    ]
  })
}

function defineCounters(counter: Define, { tax, blobs, journal }: MetricsSource): void {
  counter('haggle_inbox_drops_total', 'Gossip dropped because the inbox was full.', [], () => [
    [{}, tax.tallied('inbox-drops')],
  ])
  counter(
    'haggle_quota_refusals_total',
    'Records and frames put off or dropped: their sender was over its quota.',
    [],
    () => [[{}, tax.tallied('quota-refusals')]],
  )
  counter(
    'haggle_board_refusals_total',
    'Offers refused: their author, or all together, had filled the board.',
    [],
    () => [[{}, tax.tallied('board-refusals')]],
  )
  counter('haggle_peers_let_go_total', 'Peers disconnected because they sent far more than was of use.', [], () => [
    [{}, tax.tallied('peers-let-go')],
  ])
  counter('haggle_journal_commits_total', 'Writes of the journal, a group of commits being one.', [], () => [
    [{}, journal.diskWrites?.()?.writes ?? 0],
  ])
  counter('haggle_journal_syncs_total', 'Those among them that waited for the disk.', [], () => [
    [{}, journal.diskWrites?.()?.syncs ?? 0],
  ])
  counter(
    'haggle_blob_bytes_total',
    'Bytes of payloads that this process wrote to its store, and read from it.',
    ['direction'],
    () => [
      [{ direction: 'written' }, blobs.written],
      [{ direction: 'read' }, blobs.read],
    ],
  )
}

function defineGauges(gauge: Define, { agent, tax }: MetricsSource, lag: IntervalHistogram): void {
  gauge('haggle_peers', 'Peers that are connected.', [], () => [[{}, agent()?.status().peers ?? 0]])
  gauge('haggle_inbox_inputs', 'Inputs that wait for their turn.', [], () => [[{}, agent()?.status().waiting ?? 0]])
  gauge(
    'haggle_contracts',
    'Contracts that this agent remembers, by its role and by state; one that has ended by how it ended.',
    ['role', 'state'],
    () => (agent()?.contracts() ?? []).map(({ role, state, outcome }) => [{ role, state: outcome?.end ?? state }, 1]),
  )
  const byPeer = (name: string, help: string, tally: Tally): void =>
    gauge(name, `${help}, by sender: those with most by name, all others as one.`, ['peer'], () => {
      const { top, other } = tax.talliedByPeer(tally, NAMED_PEERS)
      // The tally is kept by the keys that the network gave.
      return [
        ...top.map(([key, count]): Sample => [{ peer: agentText(key as AgentKey) }, count]),
        [{ peer: 'other' }, other],
      ]
    })
  byPeer('haggle_peer_quota_refusals', 'Records and frames put off or dropped', 'quota-refusals')
  byPeer('haggle_peer_board_refusals', 'Offers refused by a full board', 'board-refusals')
  gauge(
    'haggle_event_loop_lag_seconds',
    'How late the event loop was since the scrape before: its median, 99 %, and the worst.',
    ['quantile'],
    () => {
      // Each sample holds the span between two looks; before the first there is nothing to tell.
      const late = (quantile: number): number =>
        lag.count === 0 ? 0 : Math.max(0, lag.percentile(quantile * 100) / 1e9 - LAG_RESOLUTION_MS / 1e3)
      const samples = LAG_QUANTILES.map((quantile): Sample => [{ quantile: String(quantile) }, late(quantile)])
      lag.reset()
      return samples
    },
  )
  gauge('haggle_resident_memory_bytes', 'Memory of this process that is in RAM.', [], () => [
    [{}, process.memoryUsage.rss()],
  ])
}
