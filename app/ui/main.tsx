import { render } from 'preact';
import { App } from './app.tsx';
import { PageContext } from './context.ts';
import { Page } from './page.ts';
import { followTheme } from './theme.ts';

followTheme();
const page = new Page();
const root = document.getElementById('page');
if (root === null) throw new Error('the document has no place for the page');
render(
  <PageContext.Provider value={page}>
    <App />
  </PageContext.Provider>,
  root,
);
page.start();
