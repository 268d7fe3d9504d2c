/** The page: what is where. Large screens show everything at once, small ones a part at a time. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { capacityOf } from './chart-data.ts';
import { Charts } from './charts.tsx';
import { usePage, useSelect } from './context.ts';
import { Dialogs } from './dialogs.tsx';
import { Directory } from './directory.tsx';
import { Header } from './header.tsx';
import { Icon } from './icons.tsx';
import { Inspector } from './inspector.tsx';
import { CommandLog, Drops } from './log.tsx';
import type { Selection } from './selection.ts';
import { TABS, type Tab } from './store.ts';
import { FiguresTable, TopologyTable } from './tables.tsx';
import { Toasts } from './toasts.tsx';
import { Topology } from './topology.tsx';

export function App() {
  const page = usePage();
  const isReady = useSelect(({ blueprint, clock }) => blueprint !== null && clock !== null);
  const tab = useSelect((state) => state.tab);
  const isAsked = useSelect(({ dialog }) => dialog !== null);
  useShortcuts();
  useTitle();
  return (
    <>
      <a class="skip" href="#main">
        Skip to the network
      </a>
      <Header />
      <main id="main" class={`stage shows-${tab}`} tabIndex={-1}>
        {isReady && (
          <>
            <div class="left">
              <section class="pane directory in-network" aria-label="VMs, flows and links">
                <Directory />
              </section>
              <section class="pane log-pane in-log" aria-label="Log">
                <h2>Log</h2>
                <CommandLog />
              </section>
            </div>
            <div class="centre">
              <TopologyCard />
              <ChartsCard />
              <section class="card in-log" aria-label="Dropped packets">
                <Drops />
              </section>
            </div>
            <section class="pane inspector in-edit" aria-label="Selected">
              <Inspector />
            </section>
          </>
        )}
        {!isReady && (
          <div class="loading">
            <p>Looking for the run …</p>
            {/* Who has closed the question for the token can have it again. */}
            <button type="button" onClick={() => page.start()}>
              Try again
            </button>
          </div>
        )}
      </main>
      <Chosen />
      <TabBar />
      {!isAsked && <Toasts />}
      <Dialogs />
    </>
  );
}

const wordsOf = (selection: Selection): string => {
  if (selection.kind === 'run') return 'the whole run';
  return selection.kind === 'link' ? `${selection.from} – ${selection.to}` : selection.id;
};

interface CardProps {
  readonly name: string;
  readonly title: string;
  readonly of?: string;
  readonly picture: ComponentChildren;
  readonly table: ComponentChildren;
}

/** A picture that can also be read. */
function PictureCard({ name, title, of, picture, table }: CardProps) {
  const [isTable, setIsTable] = useState(false);
  return (
    <section class={`card ${name}-card in-${name === 'topology' ? 'network' : 'charts'}`} aria-label={title}>
      <div class="card-heading">
        <h2>
          {title} {of !== undefined && <small>{of}</small>}
        </h2>
        <button type="button" class="quiet" aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
          Show as table
        </button>
      </div>
      {isTable ? table : picture}
    </section>
  );
}

function TopologyCard() {
  const page = usePage();
  const blueprint = useSelect((state) => state.blueprint);
  const control = useSelect((state) => state.control);
  const figures = useSelect((state) => state.figures);
  const selection = useSelect((state) => state.selection);
  if (blueprint === null) return null;
  return (
    <PictureCard
      name="topology"
      title="Network"
      picture={
        <div class="topology">
          <Topology
            blueprint={blueprint}
            control={control}
            figures={figures}
            selected={selection}
            onSelect={(selected) => page.select(selected)}
            onDropPersonality={(vm, name) => page.give(vm, name)}
            onOpenAssign={(vm) => page.store.set({ dialog: { kind: 'assign', vm } })}
          />
        </div>
      }
      table={<TopologyTable />}
    />
  );
}

function ChartsCard() {
  const page = usePage();
  const selection = useSelect((state) => state.selection);
  const commands = useSelect((state) => state.commands);
  const now = useSelect(({ figures }) => figures?.end ?? 0);
  const capacityBps = useSelect(({ selection: of, blueprint, control }) =>
    blueprint === null ? null : capacityOf(of, blueprint, control),
  );
  return (
    <PictureCard
      name="charts"
      title="Live"
      of={wordsOf(selection)}
      picture={
        <div class="charts">
          <Charts
            history={page.history}
            selection={selection}
            commands={commands}
            now={now}
            capacityBps={capacityBps}
          />
        </div>
      }
      table={<FiguresTable />}
    />
  );
}

const TAB_WORDS: Readonly<Record<Tab, string>> = {
  network: 'Network',
  charts: 'Charts',
  edit: 'Edit',
  log: 'Log',
};
const TAB_ICONS = { network: 'network', charts: 'charts', edit: 'pencil', log: 'log' } as const;

function TabBar() {
  const page = usePage();
  const tab = useSelect((state) => state.tab);
  return (
    <nav class="tab-bar" aria-label="Parts of the page">
      {TABS.map((each) => (
        <button
          key={each}
          type="button"
          aria-current={tab === each ? 'page' : undefined}
          onClick={() => {
            page.store.set({ tab: each });
            scrollTo({ top: 0 });
          }}
        >
          <Icon name={TAB_ICONS[each]} />
          <span>{TAB_WORDS[each]}</span>
        </button>
      ))}
    </nav>
  );
}

/** On small screens, where the panel is elsewhere: what is selected, and the way there. */
function Chosen() {
  const page = usePage();
  const selection = useSelect((state) => state.selection);
  const tab = useSelect((state) => state.tab);
  if (selection.kind === 'run' || tab === 'edit') return null;
  return (
    <div class="chosen">
      <b>{wordsOf(selection)}</b>
      <span class="chosen-actions">
        {selection.kind === 'vm' && (
          <button
            type="button"
            class="primary"
            onClick={() => page.store.set({ dialog: { kind: 'assign', vm: selection.id } })}
          >
            Give …
          </button>
        )}
        <button type="button" onClick={() => page.store.set({ tab: 'edit' })}>
          Details
        </button>
        <button
          type="button"
          class="icon-only"
          aria-label="Look at the whole run"
          onClick={() => page.selectNothing()}
        >
          <Icon name="close" />
        </button>
      </span>
    </div>
  );
}

/** Keys that mean the same everywhere. No letters: those who dictate would press them by speaking. */
function useShortcuts(): void {
  const page = usePage();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { key, target } = event;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const { state } = page.store;
      if (state.dialog !== null) return;
      if (key === 'Escape') return page.selectNothing();
      if (key === ' ' && (target === document.body || (target instanceof Element && target.id === 'main')))
        page.steer(state.clock?.state === 'paused' ? 'resume' : 'pause');
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function useTitle(): void {
  const name = useSelect(({ blueprint }) => blueprint?.name);
  useEffect(() => {
    document.title = name === undefined ? 'netpersona' : `${name} – netpersona`;
  }, [name]);
}
