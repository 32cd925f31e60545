// What runs the orders of a host: its application, the charts as registered, and what is around them. It holds no behaviour.
import type { Application } from '../application.ts';
import type { Faults } from '../faults.ts';
import type { Services } from '../service.ts';
import type { Postponing } from '../service-holds.ts';
import type { RegisteredSystem } from '../step/register.ts';
import type { SystemView } from '../step/view.ts';

/** What runs the orders of a host. */
export interface Engine<View extends SystemView> {
  readonly application: Application<View>;
  readonly system: RegisteredSystem;
  readonly services: Services;
  readonly faults: Faults;
  readonly postponing: Postponing;
}
