import type { ParserServices, ParserServicesWithTypeInformation, TSESTree } from '@typescript-eslint/utils';

/** Where the member that a call reaches was declared. */
export type Origin = 'rxjs' | 'library' | 'own' | 'unknown';

/** What the compiler knows, reduced to the questions that the hot rule asks. */
export interface TypeFacts {
  isString(node: TSESTree.Node): boolean;
  originOf(member: TSESTree.MemberExpression): Origin;
}

function hasTypes(services: Partial<ParserServices> | undefined): services is ParserServicesWithTypeInformation {
  return services?.program !== undefined && services.program !== null;
}

/** Answers from the type checker, or undefined when the file was parsed without types. */
export function typeFacts(services: Partial<ParserServices> | undefined): TypeFacts | undefined {
  if (!hasTypes(services)) return undefined;
  const { program } = services;
  const checker = program.getTypeChecker();
  return {
    isString(node) {
      const type = services.getTypeAtLocation(node);
      return type !== checker.getAnyType() && checker.isTypeAssignableTo(type, checker.getStringType());
    },
    originOf(member) {
      const files = (services.getSymbolAtLocation(member.property)?.declarations ?? []).map((d) => d.getSourceFile());
      if (files.length === 0) return 'unknown';
      if (files.some((file) => file.fileName.includes('/node_modules/rxjs/'))) return 'rxjs';
      const isForeign = files.some(
        (file) => program.isSourceFileDefaultLibrary(file) || program.isSourceFileFromExternalLibrary(file),
      );
      return isForeign ? 'library' : 'own';
    },
  };
}
