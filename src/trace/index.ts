/**
 * `reprise-tls/trace`: a connection as its bytes tell it. Records, messages and fields with every byte named, from the
 * declarations that the codec reads by; as plain values, as text, and as a page.
 */

export { type Capture, type CapturedConnection, readCapture } from './capture/index.ts';
export { beside, drawFlow, type Paint } from './draw.ts';
export { type Input, type InputConnection, readInput } from './input.ts';
export { KeyLog } from './key-log.ts';
export type { Flow, Trace, TracedField, TracedMessage, TracedRecord } from './model.ts';
export { type PageOptions, renderHtml } from './page/index.ts';
export type { Segment } from './segments.ts';
export { renderText, type TextOptions } from './text.ts';
export { type TraceInput, type TraceLimits, type TraceOptions, traceConnection } from './trace.ts';
export { Tracer, type TracerOptions } from './tracer.ts';
