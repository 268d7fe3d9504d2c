/** Colours of the style sheet for what is drawn on a canvas, which knows no custom properties. */

/** Hears of every change of theme; returns what ends it. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme', 'class', 'style'],
  });
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', listener);
  return () => {
    observer.disconnect();
    system.removeEventListener('change', listener);
  };
}

export type Colours = (name: string, opacity?: number) => string;

/** As they are now, by the name of the property without its dashes: `rgb(11, 102, 99)`, whatever the sheet has written. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const known = new Map<string, string>();
  return (name, opacity = 1) => {
    const channels = known.get(name) ?? channelsOf(style.getPropertyValue(`--${name}`).trim());
    known.set(name, channels);
    return opacity === 1 ? `rgb(${channels})` : `rgba(${channels}, ${opacity})`;
  };
}

let probe: CanvasRenderingContext2D | null = null;

/** The browser itself says what a colour is, however it is written. */
function channelsOf(colour: string): string {
  probe ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (probe === null) return '128, 128, 128';
  probe.fillStyle = '#808080';
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  return probe.getImageData(0, 0, 1, 1).data.slice(0, 3).join(', ');
}
