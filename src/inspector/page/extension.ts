// What an application adds to the page: views of its own, a field to filter the flow by what orders hold, and fields for
// moves that take a part.
import { type ComponentType, createContext, useContext } from 'react';
import type { MoveParts } from '../../display.ts';

/** What the fields of a form ask for, as a part of the request's body, or what is wrong with them. */
export type ReadParts = (
  form: Pick<FormData, 'get'>,
  parts: MoveParts,
) => { readonly body: Readonly<Record<string, unknown>>; readonly problem?: string };

export interface PageExtension {
  /** The name of the application that it belongs to. */
  readonly application: string;
  readonly views: readonly { readonly path: string; readonly title: string; readonly View: ComponentType }[];
  /** Its value is submitted under its id. */
  readonly HoldingField: ComponentType<{ id: string; value: string }>;
  /** How much of what a move may take, with `readParts`, which reads its fields. */
  readonly PartsFields: ComponentType<{ parts: MoveParts }>;
  readonly readParts: ReadParts;
}

export const ExtensionContext = createContext<PageExtension | undefined>(undefined);

/** The extension for `application`, if the page has one. */
export const useExtension = (application: string | undefined): PageExtension | undefined => {
  const extension = useContext(ExtensionContext);
  return extension?.application === application ? extension : undefined;
};
