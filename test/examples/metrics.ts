/**
 * The counters of resumption in the text format of Prometheus, to be served where it scrapes, as
 * `text/plain; version=0.0.4`.
 */

import { latencyBounds, type ResumptionCounters } from 'reprise-tls';

type Sample = readonly [labels: Record<string, string>, value: number];

export function prometheusText({ refused, store, ...totals }: ResumptionCounters): string {
  const operations = Object.entries(store);
  return [
    ...Object.entries(totals).flatMap(([name, total]) =>
      counter(`tls_sessions_${name}_total`, [[{}, total]]),
    ),
    ...counter(
      'tls_sessions_refused_total',
      Object.entries(refused).map(([rule, count]) => [{ rule }, count]),
    ),
    ...counter(
      'tls_session_store_questions_total',
      operations.flatMap(([operation, { answered, failed, suspended }]) =>
        Object.entries({ answered, failed, suspended }).map(
          ([outcome, count]): Sample => [{ operation, outcome }, count],
        ),
      ),
    ),
    '# TYPE tls_session_store_seconds histogram',
    ...operations.flatMap(([operation, { latencies, milliseconds }]) =>
      histogram('tls_session_store_seconds', { operation }, latencies, milliseconds / 1000),
    ),
    '',
  ].join('\n');
}

function counter(name: string, samples: readonly Sample[]): string[] {
  return [`# TYPE ${name} counter`, ...samples.map((sample) => line(name, sample))];
}

/** Prometheus wants each range to count all that is below its bound too. */
function histogram(name: string, labels: Record<string, string>, counts: readonly number[], sum: number) {
  let below = 0;
  const buckets = counts.map((count, index) => {
    below += count;
    const bound = latencyBounds[index];
    return line(`${name}_bucket`, [
      { ...labels, le: bound === undefined ? '+Inf' : `${bound / 1000}` },
      below,
    ]);
  });
  return [...buckets, line(`${name}_sum`, [labels, sum]), line(`${name}_count`, [labels, below])];
}

function line(name: string, [labels, value]: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}
