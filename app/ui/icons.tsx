/** Drawn by ourselves, so that nothing is fetched. All of them are decoration: the name is on the control. */

const PATHS = {
  play: 'M5 3.5v9l7.5-4.5z',
  pause: 'M4.5 3.5h2.6v9H4.5zM8.9 3.5h2.6v9H8.9z',
  step: 'M3.5 3.5v9L10 8zM10.8 3.5h1.8v9h-1.8z',
  save: 'M8 2v6.2l2.3-2.3 1 1L8 10.3 4.7 6.9l1-1L8 8.2V2zM2.5 11h1.4v2h8.2v-2h1.4v3.4h-11z',
  reset: 'M8 3a5 5 0 1 1-4.7 3.3l1.3.5A3.6 3.6 0 1 0 8 4.4V6.5L4.7 3.7 8 1z',
  power: 'M7.3 1.5h1.4v6H7.3zM4.3 3.7l.9 1.1a4.1 4.1 0 1 0 5.6 0l.9-1.1a5.5 5.5 0 1 1-7.4 0z',
  close: 'm4.4 3.4 3.6 3.6 3.6-3.6 1 1L9 8l3.6 3.6-1 1L8 9l-3.6 3.6-1-1L7 8 3.4 4.4z',
  pencil: 'm11.3 1.8 2.9 2.9-8.3 8.3-3.7.8.8-3.7zM4.3 10.8l-.3 1.2 1.2-.3 6.9-7-.9-.9z',
  info: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.3a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 8 2.8zM7.3 7h1.4v4.5H7.3zM7.3 4.6h1.4V6H7.3z',
  sun: 'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM7.4 1h1.2v2.2H7.4zM7.4 12.8h1.2V15H7.4zM1 7.4h2.2v1.2H1zM12.8 7.4H15v1.2h-2.2zM2.6 3.5l.9-.9L5 4.2l-.8.8zM11 11.8l.8-.8 1.6 1.5-.9.9zM2.6 12.5 4.2 11l.8.8-1.5 1.6zM11 4.2l1.5-1.6.9.9L11.8 5z',
  moon: 'M6.2 1.8a5.2 5.2 0 0 0 8 6.3 6.3 6.3 0 1 1-8-6.3z',
  auto: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.4v10.2A5.1 5.1 0 0 0 8 2.9z',
  keys: 'M1.5 4h13v8h-13zm1.3 1.3v5.4h10.4V5.3zM4 6.3h1.3v1.2H4zM6.3 6.3h1.3v1.2H6.3zM8.6 6.3h1.3v1.2H8.6zM10.9 6.3h1.3v1.2h-1.3zM5 8.6h6v1.2H5z',
  network:
    'M8 1.5a2 2 0 0 1 .7 3.9v1.8l3 2a2 2 0 1 1-.7 1.1L8 8.4l-3 1.9a2 2 0 1 1-.7-1.1l3-2V5.4A2 2 0 0 1 8 1.5z',
  charts: 'M2 2h1.4v10.6H14V14H2zM5 9.5l2.5-3.2 2 1.6 3-4 1.1.8-3.9 5.2-2-1.6L6 10.4z',
  log: 'M2.5 3h1.5v1.5H2.5zM5.5 3h8v1.4h-8zM2.5 7.3h1.5v1.4H2.5zM5.5 7.3h8v1.4h-8zM2.5 11.5h1.5V13H2.5zM5.5 11.6h8V13h-8z',
  trash: 'M6 1.8h4V3h3.5v1.3h-11V3H6zM3.7 5.3h8.6l-.6 8.9H4.3zm1.4 1.3.4 6.3h5l.4-6.3z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="currentColor" fill-rule="evenodd" />
    </svg>
  );
}

/** Four waves that leave as one and arrive late. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" class="mark-back" />
      <path d="M6 22V10l7.5 12V10" class="mark-n" />
      <path d="M18 22V10h4.2a3.6 3.6 0 0 1 0 7.2H18" class="mark-p" />
    </svg>
  );
}
