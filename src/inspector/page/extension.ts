// What an application adds to the page: views of its own, and a field to filter the flow by what orders hold.
import { type ComponentType, createContext, useContext } from 'react';

export interface PageExtension {
  /** The name of the application that it belongs to. */
  readonly application: string;
  readonly views: readonly { readonly path: string; readonly title: string; readonly View: ComponentType }[];
  /** Its value is submitted under its id. */
  readonly HoldingField: ComponentType<{ id: string; value: string }>;
}

export const ExtensionContext = createContext<PageExtension | undefined>(undefined);

/** The extension for `application`, if the page has one. */
export const useExtension = (application: string | undefined): PageExtension | undefined => {
  const extension = useContext(ExtensionContext);
  return extension?.application === application ? extension : undefined;
};
