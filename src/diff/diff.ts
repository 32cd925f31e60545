// The versions of one application's charts, to be compared by name. It finds the versions; compare.ts and picture.ts do
// the work.
import { versionsOf } from '../application.ts';
import { AppError } from '../errors.ts';
import type { CompareVersions, VersionDiff } from '../version-diff.ts';
import { compareVersions, type VersionParts } from './compare.ts';
import { drawVersions } from './picture.ts';

type Versioned = Parameters<typeof versionsOf>[0];

export const createCompareVersions = (application: Versioned): CompareVersions => {
  const versions = versionsOf(application);
  const find = (version: string): VersionParts => {
    const parts = versions.get(version);
    if (parts) return parts;
    const known = [...versions.keys()].join(', ');
    throw new AppError(
      'invalid-setting',
      `There are no charts of version '${version}'. The versions are: ${known}`,
    );
  };
  return {
    versions: [...versions.keys()],
    compare: (from, to) => toDiff(from, to, find(from), find(to)),
    draw: async (from, to) => {
      const [older, newer] = [find(from), find(to)];
      return drawVersions(toDiff(from, to, older, newer), older, newer);
    },
  };
};

const toDiff = (from: string, to: string, older: VersionParts, newer: VersionParts): VersionDiff => {
  const changes = compareVersions(older, newer);
  const count = (change: string) => changes.filter((each) => each.change === change).length;
  const altering = changes.filter(({ alters }) => alters).length;
  const counts = { added: count('added'), removed: count('removed'), changed: count('changed') };
  return { from, to, summary: { changes: changes.length, ...counts, altering }, changes };
};
