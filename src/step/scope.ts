// The scope that XState passes to a transition: it collects actions as data instead of running them. This is the only place
// that depends on XState's internals; xstate is pinned, and tests compare the results with `createActor`.
import {
  type AnyActorRef,
  type AnyActorScope,
  createActor,
  createMachine,
  type ExecutableActionObject,
} from 'xstate';

/** Stand-ins for actors and services. A chart can send to them, and nothing else. */
export const makeReferences = (names: readonly string[]): ReadonlyMap<string, AnyActorRef> => {
  const nobody = createMachine({});
  return new Map(
    names.map((name) => {
      const refuseUse = () => {
        throw new Error(`'${name}' can be sent to by an action, and neither read nor called by a chart`);
      };
      const methods = { send: refuseUse, getSnapshot: refuseUse, subscribe: refuseUse, on: refuseUse };
      return [name, Object.assign(createActor(nobody, { id: name }), methods)];
    }),
  );
};

/**
 * The scope of the chart `name`; `take`, which returns the actions collected since the last `take`, in order; and whether
 * somebody inspects what XState does in the scope.
 */
export const makeScope = (name: string, references: ReadonlyMap<string, AnyActorRef>) => {
  const find = (wanted: string): AnyActorRef => {
    const found = references.get(wanted);
    if (found) return found;
    throw new Error(`${name} names '${wanted}', which is no actor or service of this system`);
  };
  let collected: ExecutableActionObject[] = [];
  let inspectors = 0;
  const self = find(name);
  const scope: AnyActorScope = {
    self,
    id: name,
    sessionId: name,
    system: {
      ...self.system,
      inspect: (observer) => {
        const { unsubscribe } = self.system.inspect(observer);
        inspectors += 1;
        return {
          unsubscribe: () => {
            inspectors -= 1;
            unsubscribe();
          },
        };
      },
      get: (key) => find(String(key)),
      getAll: () => Object.fromEntries(references),
    },
    actionExecutor: (action) => {
      collected.push(action);
    },
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
  };
  const take = () => {
    const taken = collected;
    collected = [];
    return taken;
  };
  return { scope, take, isInspected: () => inspectors > 0 };
};

const nothing = () => {};
