/** The example that shows the counters to Prometheus: its text is what Prometheus reads, and says what was counted. */

import { createResumptionCounters, latencyBounds } from 'reprise-tls';
import { expect, test } from 'vitest';
import { prometheusText } from './metrics.ts';

/** The text format, version 0.0.4: comments that give types, and samples. */
const sample = /^([a-z_]+)(\{(?:[a-z_]+="[^"\\\n]*",?)+\})? ([0-9.e+-]+)$/;

function read(text: string) {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.slice(0, -1).split('\n')) {
    const [, name, type] = line.match(/^# TYPE (\S+) (counter|histogram)$/) ?? [];
    if (name !== undefined && type !== undefined) {
      expect(types.has(name)).toBe(false);
      types.set(name, type);
      continue;
    }
    const [, metric = '', labels = '', value] = line.match(sample) ?? [];
    expect(types.has(metric.replace(/_(bucket|sum|count)$/, '')), line).toBe(true);
    expect(samples.has(metric + labels), line).toBe(false);
    samples.set(metric + labels, Number(value));
  }
  return { types, samples };
}

test('counters at zero are samples at zero, each under a type that stands before it', () => {
  const { types, samples } = read(prometheusText(createResumptionCounters().counters));
  expect(types.get('tls_sessions_resumed_total')).toBe('counter');
  expect(types.get('tls_session_store_seconds')).toBe('histogram');
  expect([...samples.values()].every((value) => value === 0)).toBe(true);
});

test('what was counted is what is shown, and each range of the histogram counts those below it', () => {
  const { counters, observe } = createResumptionCounters();
  observe({ kind: 'resumption-decided', resumption: 'accepted' });
  observe({ kind: 'resumption-decided', resumption: 'server-name' });
  const asked = { kind: 'store-asked', operation: 'get', outcome: 'found' } as const;
  for (const milliseconds of [0.05, 0.4, 2, 2000]) observe({ ...asked, milliseconds });
  const { samples } = read(prometheusText(counters));
  expect(samples.get('tls_sessions_offered_total')).toBe(2);
  expect(samples.get('tls_sessions_refused_total{rule="server-name"}')).toBe(1);
  expect(samples.get('tls_session_store_questions_total{operation="get",outcome="answered"}')).toBe(4);
  const below = [...latencyBounds.map((bound) => `${bound / 1000}`), '+Inf'].map((bound) =>
    samples.get(`tls_session_store_seconds_bucket{operation="get",le="${bound}"}`),
  );
  expect(below).toEqual([1, 2, 2, 3, 3, 3, 3, 3, 4]);
  expect(samples.get('tls_session_store_seconds_count{operation="get"}')).toBe(4);
  expect(samples.get('tls_session_store_seconds_sum{operation="get"}')).toBeCloseTo(2.00245);
});
