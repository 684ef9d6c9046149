/**
 * What a person would see of a page: functions that run in it, and one that looks at its pixels.
 */

import type { Locator, Page } from 'playwright-core';

/** Elements that stick out of the window, but for those within a part that scrolls by itself. */
export function strayed(): readonly string[] {
  const scrolls = (element: Element | null): boolean =>
    element !== null &&
    (['auto', 'scroll'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  return [...document.body.querySelectorAll('*')]
    .filter((element) => {
      const box = element.getBoundingClientRect();
      return (
        box.width > 1 && (box.left < -0.5 || box.right > innerWidth + 0.5) && !scrolls(element.parentElement)
      );
    })
    .map((element) => `${element.tagName}.${element.className}: ${element.textContent?.slice(0, 40)}`);
}

/** Text whose colour stands out too little from what is behind it: less than 4.5, or 3 where it is large (WCAG 1.4.3). */
export function contrasts(): readonly string[] {
  const parse = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: readonly number[]) => {
    const [red = 0, green = 0, blue = 0] = color.slice(0, 3).map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element: Element | null): readonly number[] => {
    if (element === null) return [255, 255, 255];
    const color = parse(getComputedStyle(element).backgroundColor);
    return color[3] === 0 ? behind(element.parentElement) : color;
  };
  const found = new Set<string>();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const element = text.parentElement;
    if (element === null || text.textContent?.trim() === '' || ['SCRIPT', 'STYLE'].includes(element.tagName))
      continue;
    const style = getComputedStyle(element);
    const [light, dark] = [luminance(parse(style.color)), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) found.add(`${element.className} ${style.color}: ${ratio.toFixed(2)}`);
  }
  return [...found];
}

/** Pairs among these elements that lie over each other, and elements that take no room. */
export function meetings(selector: string): readonly string[] {
  const boxes = [...document.querySelectorAll(selector)].map((element) => ({
    box: element.getBoundingClientRect(),
    name: `${element.className}: ${element.textContent?.trim().slice(0, 40)}`,
  }));
  return boxes.flatMap(({ box, name }, i) => [
    ...(box.width < 8 || box.height < 8 ? [`${name} takes no room`] : []),
    ...boxes.slice(i + 1).flatMap((other) => {
      const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      return wide > 0.5 && high > 0.5 ? [`${name} over ${other.name}`] : [];
    }),
  ]);
}

/** How much of the lower edge of an arrow's row is painted in the colour of its text: a line from end to end is all of it. */
export async function paintedShare(page: Page, step: Locator): Promise<number> {
  await step.scrollIntoViewIfNeeded();
  const box = await step.boundingBox();
  if (box === null) return 0;
  const link = step.locator('a');
  const color = await link.evaluate((element) => getComputedStyle(element).color);
  const clip = { x: box.x + 40, y: box.y + box.height - 3, width: box.width - 80, height: 6 };
  const picture = await page.screenshot({ clip });
  const canvas = await page.context().newPage();
  const share = await canvas.evaluate(
    async ({ picture, color }) => {
      const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
      context?.drawImage(image, 0, 0);
      const pixels = context?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray();
      const wanted = (color.match(/\d+/g) ?? []).map(Number);
      const isPainted = (x: number, y: number) =>
        wanted.every((channel, i) => Math.abs((pixels[4 * (y * image.width + x) + i] ?? 0) - channel) < 24);
      const rows = Array.from({ length: image.height }, (_, y) => y);
      const columns = Array.from({ length: image.width }, (_, x) => rows.some((y) => isPainted(x, y)));
      return columns.filter(Boolean).length / columns.length;
    },
    { picture: picture.toString('base64'), color },
  );
  await canvas.close();
  return share;
}
