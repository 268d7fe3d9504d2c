/** How components reach the page that they are part of. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Page } from './page.ts';
import { type PageState, useStore } from './store.ts';

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error('a component outside of the page');
  return page;
}

/** What `select` takes of the page's state. */
export const useSelect = <T>(select: (state: PageState) => T): T => useStore(usePage().store, select);
