/**
 * The figures of full and resumed handshakes as a picture: for each contestant two bars, on a logarithmic scale, for
 * they lie a thousand times apart. It is drawn by hand as SVG, in colours that stand on light and on dark.
 */

const left = 170;
const width = 860;
const barHeight = 16;
const rowHeight = 52;
const top = 64;
const colours = { full: '#8a6fd1', resumed: '#1f9e77' } as const;
const ink = '#7a7a7a';

type Rates = Readonly<Record<string, number>>;

export function drawHandshakes(full: Rates, resumed: Rates): string {
  const names = Object.keys(full);
  const all = [...Object.values(full), ...Object.values(resumed)];
  const from = Math.floor(Math.log10(Math.min(...all)));
  const to = Math.ceil(Math.log10(Math.max(...all)));
  const x = (rate: number) => left + ((Math.log10(rate) - from) / (to - from)) * (width - left - 90);
  const height = top + names.length * rowHeight + 30;
  const powers = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  const bar = (kind: keyof typeof colours, rate: number, y: number) => [
    `<rect x="${left}" y="${y}" width="${(x(rate) - left).toFixed(1)}" height="${barHeight}" fill="${colours[kind]}"/>`,
    `<text x="${(x(rate) + 6).toFixed(1)}" y="${y + 12}">${grouped(rate)}</text>`,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="${ink}">`,
    '<title>Full and resumed handshakes a second, client and server in one process</title>',
    `<text x="${left}" y="20" font-size="14">handshakes a second, both ends in one thread, logarithmic</text>`,
    `<rect x="${left}" y="30" width="12" height="12" fill="${colours.full}"/><text x="${left + 18}" y="41">full</text>`,
    `<rect x="${left + 70}" y="30" width="12" height="12" fill="${colours.resumed}"/><text x="${left + 88}" y="41">resumed</text>`,
    ...powers.flatMap((power) => [
      `<line x1="${x(power).toFixed(1)}" x2="${x(power).toFixed(1)}" y1="${top - 8}" y2="${height - 24}" stroke="${ink}" stroke-opacity="0.3"/>`,
      `<text x="${x(power).toFixed(1)}" y="${height - 8}" text-anchor="middle">${grouped(power)}</text>`,
    ]),
    ...names.flatMap((name, row) => {
      const y = top + row * rowHeight;
      return [
        `<text x="${left - 10}" y="${y + barHeight + 5}" text-anchor="end">${name}</text>`,
        ...bar('full', full[name] ?? 1, y),
        ...bar('resumed', resumed[name] ?? 1, y + barHeight + 2),
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

/** Digits in groups of three, by spaces that do not break. */
function grouped(value: number): string {
  return `${Math.round(value)}`.replace(/\B(?=(\d{3})+$)/g, '\u00a0');
}
