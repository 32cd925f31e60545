// Chance that a failure can be repeated with: the same seed and the same question always give the same number,
// whatever was asked in between and in whatever order processes get to it.
import { createChance } from '../../src/simulator/chance.ts';

type About = readonly (string | number)[];

/** A number from 0 up to 1 that depends on nothing but `about`. */
export const toShare = (...about: About): number => createChance(0, JSON.stringify(about)).next();

/** A whole number from 0 up to `below` that depends on nothing but `about`. */
export const toChoice = (below: number, ...about: About): number => Math.floor(toShare(...about) * below);
