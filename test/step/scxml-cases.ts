// The cases of @scion-scxml/test-framework that do not end as SCXML wants, by the reason. All others do. Cases of `w3c-ecma` are
// those of the W3C's own suite; names stand without their endings.
export const otherOutcomes: Readonly<Record<string, string>> = {
  'XState has none of it: <invoke>':
    'w3c-ecma/test187 w3c-ecma/test191 w3c-ecma/test192 w3c-ecma/test207 w3c-ecma/test215 w3c-ecma/test216 w3c-ecma/test220 w3c-ecma/test223 w3c-ecma/test224 w3c-ecma/test225 w3c-ecma/test226 w3c-ecma/test228 w3c-ecma/test229 w3c-ecma/test230 w3c-ecma/test232 w3c-ecma/test233 w3c-ecma/test234 w3c-ecma/test235 w3c-ecma/test236 w3c-ecma/test237 w3c-ecma/test239 w3c-ecma/test240 w3c-ecma/test241 w3c-ecma/test242 w3c-ecma/test243 w3c-ecma/test244 w3c-ecma/test245 w3c-ecma/test247 w3c-ecma/test250 w3c-ecma/test252 w3c-ecma/test253 w3c-ecma/test276 w3c-ecma/test338 w3c-ecma/test347 w3c-ecma/test422 w3c-ecma/test530 w3c-ecma/test554',
  'XState has none of it: In() within a larger expression':
    'in/TestInPredicate w3c-ecma/test409 w3c-ecma/test411',
  'XState has none of it: XML as data': 'w3c-ecma/test557 w3c-ecma/test561',
  'XState has none of it: a script of the whole document':
    'error/error script-src/test3 w3c-ecma/test302 w3c-ecma/test304 w3c-ecma/test452',
  'XState has none of it: actions of a history state': 'w3c-ecma/test579',
  'XState has none of it: an assignment to what is not declared': 'w3c-ecma/test346',
  'XState has none of it: an event without a name': 'w3c-ecma/test311',
  'XState has none of it: an expression that does not parse':
    'assign/assign_invalid data/data_invalid w3c-ecma/test156 w3c-ecma/test277 w3c-ecma/test309 w3c-ecma/test312 w3c-ecma/test313 w3c-ecma/test314 w3c-ecma/test344 w3c-ecma/test487 w3c-ecma/test488 w3c-ecma/test528 w3c-ecma/test558',
  'XState has none of it: an initial state that is no child':
    'assign/assign_obj_literal data/data_obj_literal misc/deep-initial w3c-ecma/test364 w3c-ecma/test388 w3c-ecma/test413 w3c-ecma/test576',
  'XState has none of it: data of other files': 'w3c-ecma/test446 w3c-ecma/test552',
  'XState has none of it: data that is bound late': 'w3c-ecma/test280 w3c-ecma/test307',
  'XState has none of it: data that is no JSON': 'w3c-ecma/test453',
  'XState has none of it: fields of events beyond name and data':
    'w3c-ecma/test198 w3c-ecma/test319 w3c-ecma/test330 w3c-ecma/test331 w3c-ecma/test333 w3c-ecma/test335 w3c-ecma/test337 w3c-ecma/test339 w3c-ecma/test349 w3c-ecma/test351 w3c-ecma/test352',
  'XState has none of it: ids that are made up for sends': 'send-idlocation/test0 w3c-ecma/test183',
  'XState has none of it: messages to other sessions':
    'w3c-ecma/test159 w3c-ecma/test173 w3c-ecma/test194 w3c-ecma/test332 w3c-ecma/test376 w3c-ecma/test378 w3c-ecma/test496 w3c-ecma/test521',
  'XState has none of it: names of data that are no names': 'w3c-ecma/test152 w3c-ecma/test457',
  'XState has none of it: other processors of events':
    'w3c-ecma/test174 w3c-ecma/test199 w3c-ecma/test201 w3c-ecma/test336',
  'XState has none of it: scripts of other files': 'script-src/test0 script-src/test1 script-src/test2',
  'XState has none of it: system variables':
    'w3c-ecma/test190 w3c-ecma/test321 w3c-ecma/test322 w3c-ecma/test323 w3c-ecma/test324 w3c-ecma/test325 w3c-ecma/test326 w3c-ecma/test329 w3c-ecma/test350 w3c-ecma/test500 w3c-ecma/test501 w3c-ecma/test569',
  'an error in an expression is no event: it ends the step':
    'w3c-ecma/test286 w3c-ecma/test298 w3c-ecma/test343 w3c-ecma/test401 w3c-ecma/test402 w3c-ecma/test553',
  'ends elsewhere': 'scxml-prefix-event-name-matching/star0',
  'no messages: a part of another case, or one to be looked at':
    'w3c-ecma/test178 w3c-ecma/test216sub1 w3c-ecma/test226sub1 w3c-ecma/test239sub1 w3c-ecma/test242sub1 w3c-ecma/test276sub1 w3c-ecma/test301 w3c-ecma/test415 w3c-ecma/test509 w3c-ecma/test510 w3c-ecma/test518 w3c-ecma/test519 w3c-ecma/test520 w3c-ecma/test522 w3c-ecma/test531 w3c-ecma/test532 w3c-ecma/test534 w3c-ecma/test567 w3c-ecma/test577',
};
