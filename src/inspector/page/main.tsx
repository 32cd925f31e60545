// The page starts here. It shows what the server says and decides nothing.
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './style.css';

const element = document.getElementById('page');
if (element) createRoot(element).render(<App />);
