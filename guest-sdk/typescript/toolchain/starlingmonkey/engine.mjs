export { componentize } from '@bytecodealliance/componentize-js';
