/** A list of any length of which only the visible rows exist. One stop for the Tab key; arrows move within. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PersonalityName } from './types.ts';
import { DRAG_TYPE } from './types.ts';

interface VirtualListProps<T> {
  /** For the ids of the rows. */
  readonly name: string;
  readonly label: string;
  readonly items: readonly T[];
  readonly rowHeight: number;
  readonly keyOf: (item: T) => string;
  /** What a screen reader says of a row. */
  readonly wordsOf: (item: T) => string;
  readonly draw: (item: T) => ComponentChildren;
  readonly selected: string | null;
  readonly onSelect: (key: string) => void;
  /** Enter, or another key that is not for moving. True: it meant something. */
  readonly onKey?: (key: string, item: T) => boolean;
  readonly onDrop?: (key: string, name: PersonalityName) => void;
  readonly empty: string;
}

const EXTRA_ROWS = 6;

export function VirtualList<T>(props: VirtualListProps<T>) {
  const { name, label, items, rowHeight, keyOf, wordsOf, draw, selected, onSelect, onKey, onDrop, empty } =
    props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  const [over, setOver] = useState<string | null>(null);
  const index = items.findIndex((item) => keyOf(item) === selected);

  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 400));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const show = (row: number) => {
    const place = box.current;
    if (place === null || row < 0) return;
    if (row * rowHeight < place.scrollTop) place.scrollTop = row * rowHeight;
    else if ((row + 1) * rowHeight > place.scrollTop + place.clientHeight)
      place.scrollTop = (row + 1) * rowHeight - place.clientHeight;
  };
  // Chosen elsewhere, in the topology say.
  useEffect(() => show(index), [selected]);

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index < 0 ? 0 : index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: items.length - 1,
    };
    const target = targets[event.key];
    if (target !== undefined && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const row = Math.min(items.length - 1, Math.max(0, target));
      const item = items[row];
      if (item === undefined) return;
      onSelect(keyOf(item));
      show(row);
      return;
    }
    const current = items[index];
    if (current !== undefined && onKey?.(event.key, current) === true) event.preventDefault();
  };

  const keyAt = (event: DragEvent): string | null => {
    const row = (event.target as Element).closest<HTMLElement>('[data-key]');
    return row?.dataset['key'] ?? null;
  };
  const onDragOver = (event: DragEvent) => {
    if (onDrop === undefined || event.dataTransfer?.types.includes(DRAG_TYPE) !== true) return;
    const key = keyAt(event);
    setOver(key);
    if (key === null) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
  };
  const onDropped = (event: DragEvent) => {
    const key = keyAt(event);
    setOver(null);
    const text = event.dataTransfer?.getData(DRAG_TYPE) ?? '';
    if (key === null || text === '') return;
    event.preventDefault();
    onDrop?.(key, JSON.parse(text) as PersonalityName);
  };

  const first = Math.max(0, Math.floor(top / rowHeight) - EXTRA_ROWS);
  const last = Math.min(items.length, Math.ceil((top + height) / rowHeight) + EXTRA_ROWS);
  const isDrawn = index >= first && index < last;
  return (
    <div
      class="virtual-list"
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={isDrawn ? `${name}-${index}` : undefined}
      ref={box}
      onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
      onFocus={() => {
        const [item] = items;
        if (index < 0 && item !== undefined && box.current?.matches(':focus-visible')) onSelect(keyOf(item));
      }}
      onDragOver={onDragOver}
      onDragLeave={() => setOver(null)}
      onDrop={onDropped}
    >
      {items.length === 0 && <p class="empty">{empty}</p>}
      <div class="virtual-space" role="presentation" style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(first, last).map((item, offset) => {
          const key = keyOf(item);
          const row = first + offset;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys, for all of its rows.
            // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and says which row is active.
            <div
              key={key}
              id={`${name}-${row}`}
              data-key={key}
              class={`virtual-row${over === key ? ' is-over' : ''}`}
              role="option"
              aria-selected={row === index}
              aria-setsize={items.length}
              aria-posinset={row + 1}
              aria-label={wordsOf(item)}
              style={{ top: `${row * rowHeight}px`, height: `${rowHeight}px` }}
              onClick={() => onSelect(key)}
            >
              {draw(item)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
