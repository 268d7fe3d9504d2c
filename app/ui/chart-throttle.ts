import { useEffect, useRef, useState } from 'preact/hooks';

/** The value, at most once in so many milliseconds; the last one always comes through. */
export function useThrottled<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  latest.current = value;
  const since = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (timer.current !== undefined) return;
    const show = () => {
      timer.current = undefined;
      since.current = performance.now();
      setShown(() => latest.current);
    };
    const wait = since.current + ms - performance.now();
    if (wait <= 0) show();
    else timer.current = setTimeout(show, wait);
  }, [value, ms]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return shown;
}
