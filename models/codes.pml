/* What was sent is good once, for few tries, and until the next one (promises 1, 5 and 8).

   One device, one token, and the row of what is out for the two: a code in a message, or options for a security key,
   which are nobody's business but the token's, so that they move no account. So what is compared here is the row itself.
   Meanwhile codes are sent anew, messages fail, keys are rotated, and what is over is purged. */

#include "store.pml"

#define COMPARED 1           /* once */
#define USED_UP 2            /* once */
#define MOST_WRONG 3         /* tries */
#define REPLACED 4           /* latest_alone */
#define ITS_OWN_FAILURE 5    /* standing */
#define RESEALED_COMPARED 6  /* once */
#define LATER_END 7          /* lasting */
#define PURGED_BY_END 8      /* lasting */
#define DISPATCH_COMPARED 9  /* lasting */

#define CODES 3
#define TRIES 2              /* MOST_WRONG_VALUES */

bit options;                 /* and no messages */

bit there;                   /* the row */
byte out;                    /* the code that is out, or 0 */
byte wrong;                  /* how often it was guessed at */
bit confirmed;
bit brief;                   /* the row ends with the code, and not with a confirmation */

/* What is watched */
byte sent;                   /* codes that were made so far */
byte accepted;               /* bits */
byte latest;                 /* the code that was stored last */
bit answered = 1;            /* it was, or has failed, or is over */
byte told;                   /* wrong values for it */
bit twice, older, too_many, lost;

/* What was read matters where it is not compared; else it is what is there. */
#define blind (without == COMPARED || without == RESEALED_COMPARED)

proctype person(byte p) {
    byte seen_out, seen_wrong;
    bit right;
    do
    :: atomic { there && out != 0 ->
            reads(p); seen_out = (blind -> out : 0); seen_wrong = (blind -> wrong : 0);
            if
            :: right = 1  /* whoever has that code, or the key */
            :: right = 0
            fi;
            printf("- an answer, %d, reads\n", p)
        };
        if
        :: true  /* dies, or is told to wait */
        :: d_step { there && (unmoved(p) || !kept(COMPARED)) ->
                seen_out = (blind -> seen_out : out);
                seen_wrong = (blind -> seen_wrong : wrong);
                printf("- the answer %d to code %d is stored, right: %d\n", p, seen_out, right);
                if
                :: right ->
                    twice = twice || ((accepted >> seen_out) & 1);
                    older = older || (seen_out != latest);
                    accepted = accepted | (1 << seen_out);
                    answered = 1;
                    out = (kept(USED_UP) -> 0 : out);
                    confirmed = 1; brief = 0
                :: !right && options -> out = 0; answered = 1
                :: !right && !options ->
                    too_many = too_many || (told == TRIES);
                    told = (told < TRIES -> told + 1 : told);
                    wrong = (seen_wrong < TRIES -> seen_wrong + 1 : seen_wrong);
                    answered = answered || (wrong == TRIES);
                    out = (wrong == TRIES && kept(MOST_WRONG) -> 0 : out)
                fi;
                moves }
        fi;
        d_step { seen_out = 0; seen_wrong = 0; right = 0; forgets(p) }
    od
}

proctype dispatcher(byte p) {
    bit seen_there, seen_confirmed;
    do
    :: d_step { sent < CODES -> reads(p); seen_there = there; seen_confirmed = confirmed; printf("- a dispatch reads\n") };
        if
        :: true
        :: d_step { seen_there == there && (unmoved(p) || !kept(COMPARED) || !kept(DISPATCH_COMPARED)) ->
                sent++;
                printf("- the dispatch stores code %d\n", sent);
                out = (out == 0 || kept(REPLACED) -> sent : out);
                there = 1; wrong = 0; latest = sent; answered = 0; told = 0;
                brief = !seen_confirmed || !kept(LATER_END);
                moves }
        fi;
        d_step { seen_there = 0; seen_confirmed = 0; forgets(p) }
    od
}

proctype rotation(byte p) {
    byte seen_out;
    do
    :: d_step { there && out != 0 -> reads(p); seen_out = (blind -> out : 0); printf("- the rotation reads\n") };
        if
        :: true
        :: d_step { there && (unmoved(p) || blind) ->
                out = (blind -> seen_out : out);
                printf("- the rotation stores code %d\n", out);
                moves }
        fi;
        d_step { seen_out = 0; forgets(p) }
    od
}

proctype rest() {
    do
    :: d_step { there && (brief || !kept(PURGED_BY_END)) -> printf("- the row is over, and purged\n");
            lost = lost || confirmed;
            there = 0; out = 0; wrong = 0; confirmed = 0; brief = 0; answered = 1; moves }
    :: d_step { there && !options && out != 0 -> printf("- the last message has failed\n");
            out = 0; answered = 1; moves }
    :: d_step { there && !options && out != 0 && !kept(ITS_OWN_FAILURE) -> printf("- a message before it has failed\n");
            out = 0; moves }
    od
}

init {
    atomic {
        begin();
        if
        :: options = 0
        :: options = 1
        fi;
        run person(0); run person(1); run dispatcher(2); run rotation(3); run rest()
    }
}

ltl once { [] !twice }
ltl tries { [] !too_many }
ltl latest_alone { [] !older }
ltl standing { [] (answered || out == latest) }
ltl lasting { [] !lost }
