// A number that grows each time that something has happened: what is read by it is read again.
import { useCallback, useState } from 'react';

export const useCounter = (): readonly [number, () => void] => {
  const [count, setCount] = useState(0);
  const increment = useCallback(() => setCount((known) => known + 1), []);
  return [count, increment];
};
