/**
 * Capture files, the frames in them: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), of either byte
 * order. A file that was cut short has the frames that are whole.
 */

export interface Frame {
  /** LINKTYPE: which header comes first. */
  readonly linkType: number;
  /** Milliseconds after the first frame; undefined where the file has no times. */
  readonly time: number | undefined;
  /** A view. */
  readonly bytes: Uint8Array;
}

export interface CaptureFile {
  readonly frames: Iterable<Frame>;
  /** Secrets that the file brings with it: lines of a key log. Known when the frames have been read. */
  readonly keyLogs: readonly string[];
}

/** The capture in these bytes; undefined where they are none. */
export function readCaptureFile(bytes: Uint8Array): CaptureFile | undefined {
  if (bytes.length < 24) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const littleEndian of [true, false]) {
    const nanoseconds = view.getUint32(0, littleEndian) === pcap.nanosecondMagic;
    if (nanoseconds || view.getUint32(0, littleEndian) === pcap.magic) {
      return {
        frames: pcapFrames({ bytes, view, littleEndian }, nanoseconds ? 1e6 : 1e3),
        keyLogs: [],
      };
    }
  }
  if (view.getUint32(0) !== block.sectionHeader) return undefined;
  const keyLogs: string[] = [];
  return { frames: pcapngFrames({ bytes, view, littleEndian: true }, keyLogs), keyLogs };
}

interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  littleEndian: boolean;
}

const pcap = { magic: 0xa1b2c3d4, nanosecondMagic: 0xa1b23c4d, fileHeader: 24, frameHeader: 16 } as const;

function* pcapFrames({ bytes, view, littleEndian }: Source, unitsPerMillisecond: number): Generator<Frame> {
  // The upper bits tell of a frame check sequence behind each frame, which IP's own length leaves out anyway.
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  let first: number | undefined;
  let offset: number = pcap.fileHeader;
  while (offset + pcap.frameHeader <= bytes.length) {
    const seconds = view.getUint32(offset, littleEndian);
    const time = seconds * 1000 + view.getUint32(offset + 4, littleEndian) / unitsPerMillisecond;
    const length = view.getUint32(offset + 8, littleEndian);
    offset += pcap.frameHeader;
    if (length > bytes.length - offset) return;
    first ??= time;
    yield { linkType, time: time - first, bytes: bytes.subarray(offset, offset + length) };
    offset += length;
  }
}

/** Block types, and what else of a block is a number. */
const block = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  simplePacket: 3,
  enhancedPacket: 6,
  decryptionSecrets: 10,
  /** Type, length, and the length once more at the end. */
  overhead: 12,
  byteOrderMagic: 0x1a2b3c4d,
} as const;

const tlsKeyLog = 0x544c534b;
const timeResolution = 9;
const endOfOptions = 0;

interface Interface {
  readonly linkType: number;
  readonly unitsPerMillisecond: number;
}

function* pcapngFrames(source: Source, keyLogs: string[]): Generator<Frame> {
  const { bytes, view } = source;
  let interfaces: Interface[] = [];
  let first: number | undefined;
  for (const { type, start, end } of blocks(source)) {
    const u32 = (at: number) => view.getUint32(start + at, source.littleEndian);
    const room = end - start;
    if (type === block.sectionHeader) interfaces = [];
    else if (type === block.interfaceDescription && room >= 8)
      interfaces.push(readInterface(source, start, end));
    else if (type === block.decryptionSecrets && room >= 8 && u32(0) === tlsKeyLog) {
      const secrets = bytes.subarray(start + 8, start + 8 + Math.min(u32(4), room - 8));
      keyLogs.push(new TextDecoder().decode(secrets));
    } else if (type === block.simplePacket && room >= 4 && interfaces[0] !== undefined) {
      const { linkType } = interfaces[0];
      yield {
        linkType,
        time: undefined,
        bytes: bytes.subarray(start + 4, start + 4 + Math.min(u32(0), room - 4)),
      };
    } else if (type === block.enhancedPacket && room >= 20) {
      const from = interfaces[u32(0)];
      if (from === undefined) continue;
      const time = (u32(4) * 2 ** 32 + u32(8)) / from.unitsPerMillisecond;
      first ??= time;
      const frame = bytes.subarray(start + 20, start + 20 + Math.min(u32(12), room - 20));
      yield { linkType: from.linkType, time: time - first, bytes: frame };
    }
  }
}

/** The bodies of all blocks that are whole; each section says its byte order. */
function* blocks(
  source: Source,
): Generator<{ readonly type: number; readonly start: number; readonly end: number }> {
  const { bytes, view } = source;
  let offset = 0;
  while (offset + block.overhead <= bytes.length) {
    if (view.getUint32(offset) === block.sectionHeader) {
      source.littleEndian = view.getUint32(offset + 8, true) === block.byteOrderMagic;
    }
    const type = view.getUint32(offset, source.littleEndian);
    const length = view.getUint32(offset + 4, source.littleEndian);
    if (length < block.overhead || length > bytes.length - offset) return;
    yield { type, start: offset + 8, end: offset + length - 4 };
    offset += length + ((4 - (length % 4)) % 4);
  }
}

function readInterface({ bytes, view, littleEndian }: Source, start: number, end: number): Interface {
  const linkType = view.getUint16(start, littleEndian);
  let offset = start + 8;
  while (offset + 4 <= end) {
    const option = view.getUint16(offset, littleEndian);
    const length = view.getUint16(offset + 2, littleEndian);
    if (option === endOfOptions) break;
    const exponent = bytes[offset + 4] ?? 6;
    if (option === timeResolution && length === 1) {
      const units = exponent < 0x80 ? 10 ** exponent : 2 ** (exponent & 0x7f);
      return { linkType, unitsPerMillisecond: units / 1000 };
    }
    offset += 4 + length + ((4 - (length % 4)) % 4);
  }
  return { linkType, unitsPerMillisecond: 1000 };
}
