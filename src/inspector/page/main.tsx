// The page starts here. It shows what the server says and decides nothing.
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ExtensionContext } from './extension.ts';
import { shopPage } from './shop/shop-page.ts';
import './base.css';
import './chart.css';
import './flow.css';
import './order.css';
import './services.css';
import './signed-in.css';
import './views.css';

const element = document.getElementById('page');
if (element) {
  createRoot(element).render(
    <ExtensionContext value={shopPage}>
      <App />
    </ExtensionContext>,
  );
}
