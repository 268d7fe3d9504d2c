/** The top of the page: what runs, when it is, and how fast. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage, useSelect } from './context.ts';
import { duration, instant } from './format.ts';
import { Icon, Mark } from './icons.tsx';
import { chooseTheme, chosenTheme, THEMES, type Theme } from './theme.ts';
import type { Speed } from './types.ts';

export function Header() {
  const page = usePage();
  const name = useSelect(({ blueprint }) => blueprint?.name ?? 'netpersona');
  const tab = useSelect((state) => state.tab);
  return (
    <header class={`top at-${tab}`}>
      <div class="brand">
        <Mark />
        <div class="brand-words">
          <h1>{name}</h1>
          <Connection />
        </div>
      </div>
      <ClockReadout />
      <Transport />
      <div class="tools">
        <button type="button" class="primary" onClick={() => page.save()}>
          <Icon name="save" />
          <span class="wide-only">Save as scenario</span>
          <span class="narrow-only">Save</span>
        </button>
        <button
          type="button"
          onClick={() => page.store.set({ dialog: { kind: 'reset' } })}
          title="Personalities and assignments as the scenario began"
        >
          <Icon name="reset" />
          <span>Reset</span>
        </button>
        <ThemeButton />
        <button
          type="button"
          class="icon-only desk-only"
          aria-label="Keyboard"
          title="Keyboard"
          onClick={() => page.store.set({ dialog: { kind: 'keys' } })}
        >
          <Icon name="keys" />
        </button>
      </div>
    </header>
  );
}

function Connection() {
  const connection = useSelect((state) => state.connection);
  const version = useSelect(({ blueprint }) => blueprint?.version);
  const seed = useSelect(({ blueprint }) => blueprint?.seed);
  const words = {
    connecting: 'connecting …',
    open: `netpersona ${version} · seed ${seed}`,
    waiting: 'no connection; trying again',
  };
  return (
    <p class={`connection is-${connection}`} role="status">
      {words[connection]}
    </p>
  );
}

const STATES = { running: 'running', paused: 'paused', ended: 'ended', failed: 'failed' };

function ClockReadout() {
  const clock = useSelect((state) => state.clock);
  const end = useSelect(({ blueprint }) => blueprint?.duration ?? null);
  if (clock === null) return <div class="clock" />;
  const { state, now, lag, failure } = clock;
  return (
    <section class="clock" aria-label="Virtual clock">
      <LiveInstant />
      <p class="clock-under">
        <span class={`pill is-${state}`}>{STATES[state]}</span>
        <span class="muted">{end === null ? 'open end' : `of ${instant(end, 0)}`}</span>
        {lag > 100e6 && <span class="warn">{duration(lag)} behind</span>}
        {failure !== undefined && <span class="bad">{failure}</span>}
      </p>
      {end !== null && (
        <progress
          class="clock-progress"
          max={end}
          value={Math.min(now, end)}
          aria-label="Part of the run that is over"
        />
      )}
    </section>
  );
}

/** Moves on between two tellings, as far as the speed lets us know. Written past the tree: ten times a second is too often for it. */
function LiveInstant() {
  const { store } = usePage();
  const place = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const show = () => {
      const { clock, toldAt } = store.state;
      if (clock === null || place.current === null) return;
      const isMoving = clock.state === 'running' && clock.speed !== 'max';
      const passed = isMoving ? Math.min(400, performance.now() - toldAt) * 1e6 * Number(clock.speed) : 0;
      const text = instant(clock.now + passed, 2);
      if (place.current.textContent !== text) place.current.textContent = text;
    };
    show();
    const timer = setInterval(show, 100);
    const stop = store.subscribe(show);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [store]);
  // The role keeps a screen reader from reading it out again and again.
  return <p class="clock-now" role="timer" aria-live="off" ref={place} />;
}

const STEPS = ['10ms', '100ms', '1s', '10s'];
const SPEEDS: readonly { readonly speed: Speed; readonly text: string; readonly name: string }[] = [
  { speed: 1, text: '1×', name: 'as fast as the wall clock' },
  { speed: 10, text: '10×', name: 'ten times as fast' },
  { speed: 'max', text: 'max', name: 'as fast as it goes' },
];

function Transport() {
  const page = usePage();
  const state = useSelect(({ clock }) => clock?.state);
  const speed = useSelect(({ clock }) => clock?.speed);
  const [by, setBy] = useState('1s');
  const isOver = state === 'ended' || state === 'failed';
  const isPaused = state === 'paused';
  const isPreset = SPEEDS.some((each) => each.speed === speed);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend that can be seen.
    <div class="transport" role="group" aria-label="Pace">
      <button
        type="button"
        class="play"
        disabled={isOver}
        onClick={() => page.steer(isPaused ? 'resume' : 'pause')}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
        <span>{isPaused ? 'Resume' : 'Pause'}</span>
      </button>
      <span class="joined">
        <button
          type="button"
          disabled={isOver}
          onClick={() => page.steer({ step: by })}
          title="Go on by this much, and pause there"
        >
          <Icon name="step" />
          <span>Step</span>
        </button>
        <select
          aria-label="Step by"
          disabled={isOver}
          value={by}
          onChange={({ currentTarget }) => setBy(currentTarget.value)}
        >
          {STEPS.map((step) => (
            <option key={step} value={step}>
              {step.replace(/(\d)([a-z])/, '$1 $2')}
            </option>
          ))}
        </select>
      </span>
      <span class="joined">
        {SPEEDS.map((each) => (
          <button
            key={each.text}
            type="button"
            disabled={isOver}
            aria-pressed={each.speed === speed}
            aria-label={`Speed ${each.text}, ${each.name}`}
            onClick={() => page.steer({ speed: each.speed })}
          >
            {each.text}
          </button>
        ))}
        <FreeSpeed speed={typeof speed === 'number' && !isPreset ? speed : null} isOver={isOver} />
      </span>
    </div>
  );
}

function FreeSpeed({ speed, isOver }: { speed: number | null; isOver: boolean }) {
  const page = usePage();
  return (
    <input
      class={`free-speed${speed === null ? '' : ' is-chosen'}`}
      type="number"
      min="0.001"
      step="any"
      placeholder="… ×"
      aria-label="Another speed, virtual seconds in a real one"
      disabled={isOver}
      value={speed ?? ''}
      onChange={({ currentTarget }) => {
        const wanted = currentTarget.valueAsNumber;
        if (wanted > 0) page.steer({ speed: wanted });
      }}
    />
  );
}

const THEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' } as const;

function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  return (
    <button
      type="button"
      class="icon-only"
      aria-label={`Colours: ${theme === 'auto' ? 'as the system' : theme}; change to ${next}`}
      title={`Colours: ${theme === 'auto' ? 'as the system' : theme}`}
      onClick={() => {
        chooseTheme(next);
        setTheme(next);
      }}
    >
      <Icon name={THEME_ICONS[theme]} />
    </button>
  );
}
