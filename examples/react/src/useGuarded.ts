import { guarded, MfaError, type Requirement } from "drf-mfa";
import { useCallback, useMemo, useState } from "react";

/** What a refusal demands, and whom to tell whether it is met now. */
export interface Question {
  requirement: Requirement | null;
  answer: (met: boolean) => void;
}

/**
 * Has the person prove what a refusal demands, and then does once more what was refused: `fetch` for the project's own
 * routes, `proved` for what the module does. `question` is what to ask now; one comes after another.
 */
export function useGuarded(send: typeof fetch) {
  const [questions, setQuestions] = useState<Question[]>([]);

  const ask = useCallback(
    (requirement: Requirement | null) =>
      new Promise<boolean>((resolve) => {
        const answer = (met: boolean) => {
          setQuestions((open) => open.filter((each) => each.answer !== answer));
          resolve(met);
        };
        setQuestions((open) => [...open, { requirement, answer }]);
      }),
    [],
  );

  const fetch = useMemo(() => guarded(send, ask), [send, ask]);

  const proved = async <Answer>(act: () => Promise<Answer>) => {
    try {
      return await act();
    } catch (error) {
      const refused = error instanceof MfaError && error.code === "verification_required";
      if (!refused || !(await ask(error.requirement))) throw error;
      return act();
    }
  };

  return { fetch, proved, question: questions[0] };
}

export type Guard = ReturnType<typeof useGuarded>;
