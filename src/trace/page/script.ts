/**
 * The page's script: it lights up a field's name and its bytes together, by the pointer and by the keys. It reads nothing
 * but the numbers of fields and puts no text into the page.
 *
 * Each list of fields becomes a listbox with one tab stop; arrows, Home and End go through it, Enter or a click keeps a
 * field lit, Escape lets go.
 */

export const script = `
let resting;
const moves = ({ screenX, screenY }) => {
  const before = resting;
  resting = screenX + ',' + screenY;
  return resting !== before;
};
const layers = document.querySelectorAll('.layer');
for (const layer of layers) {
  const list = layer.querySelector('.fields');
  const pane = layer.querySelector('.bytes');
  const rows = [...list.children];
  const fields = new Map(rows.map((row) => [row.dataset.f, row]));
  const bytes = new Map([...pane.children].map((byte) => [Number(byte.dataset.f), byte]));
  let lit = [];
  let kept;
  const light = (element) => {
    for (const each of lit) each.classList.remove('on');
    for (const each of lit) if (each.matches('.row')) each.setAttribute('aria-selected', 'false');
    lit = [];
    if (!element) return;
    const [from, to = from] = element.dataset.f.split('-').map(Number);
    for (let f = from; f <= to; f++) if (bytes.has(f)) lit.push(bytes.get(f));
    const [first] = lit;
    const row = element.matches('.row') ? element : fields.get(element.dataset.f);
    lit.push(row);
    for (const each of lit) each.classList.add('on');
    row.setAttribute('aria-selected', 'true');
    if (first && element === row) {
      const above = first.getBoundingClientRect().top - pane.getBoundingClientRect().top;
      pane.scrollTop += above - pane.clientHeight / 3;
    }
    return row;
  };
  const target = (event) => event.target.closest?.('[data-f]');
  const settle = () => light(kept);
  let reached;
  const reach = (row) => {
    if (reached) reached.tabIndex = -1;
    if (row) row.tabIndex = 0;
    reached = row;
  };
  const keep = (element) => {
    const row = light(element);
    kept = row;
    reach(row);
    return row;
  };
  list.setAttribute('role', 'listbox');
  for (const row of rows) {
    row.setAttribute('role', 'option');
    row.setAttribute('aria-selected', 'false');
    row.tabIndex = -1;
  }
  reach(rows[0]);
  layer.addEventListener('pointermove', (event) => {
    // A page that scrolls beneath a pointer at rest is no reason to take the light from where the keys have it.
    if (event.pointerType !== 'touch' && moves(event) && target(event)) light(target(event));
  });
  layer.addEventListener('pointerleave', settle);
  layer.addEventListener('focusin', (event) => {
    if (event.target.matches('.row')) keep(event.target);
  });
  layer.addEventListener('click', (event) => {
    if (target(event)) keep(target(event)).scrollIntoView({ block: 'nearest' });
  });
  list.addEventListener('keydown', (event) => {
    const at = rows.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (event.key === 'Escape') { kept = undefined; settle(); }
    if (to === undefined || !rows[to]) return;
    event.preventDefault();
    rows[to].focus();
  });
}
`;
