/* A member's log and those who witness it (specs/log.md section 7, "The member's own log" and
 * "Rollback"). Original model.
 *
 * One member, N others who witness. Its disk is copied once, at any time; later the copy is started:
 * after the original has gone for good, or (CLONE) while it runs on. Both may crash and start again
 * wherever they are. Every call may fail, so who answers is anybody's choice.
 *
 * History  : (branch, length). Branch 0 is the original's, branch 1 the copy's; they are one up to
 *            `cut`, the length of the log when the disk was copied, and differ after it, since each start
 *            writes a leaf of its own.
 * Witness  : what it has seen of the log, the longest. It cosigns what goes on from that, and what it
 *            stored is on disk before it answers.
 * Start    : the member asks the others what they have seen, until RESTART have answered. Any answer that is
 *            no prefix of its own log ends it for good.
 * Release  : a leaf; then it leaves when NEED others have cosigned a head over it.
 *
 * P1  what left under two histories does not exist: everything that left is in the history of what
 *     leaves later.
 * P2  nothing leaves that fewer than NEED others have seen: a minority of them is never enough.
 * P3  a disk of the past never serves again once something left that it does not have.
 */
#ifndef N
#define N 3
#endif
#ifndef NEED
#define NEED 2
#endif
#ifndef RESTART
#define RESTART 2
#endif
#define LEN 4

hidden byte Prop1, Prop2, Prop3;       /* always 0: they name the property in the report */
byte cut; bit copied;                  /* the copy of the disk */
byte size[2]; byte rel[2];              /* durable leaves; the last that something left under */
byte st[2];                            /* 0 down, 1 asks, 2 serves, 3 ended */
byte asked[2]; byte cosigned[2];       /* sets of others: who answered, who cosigned the newest head */
byte heard[2];                         /* how many answered */
bit wb[N]; byte wl[N];                 /* what each of the others has seen */
bit ob[N]; byte ol[N];                 /* ... said when it was asked before: an answer on record */

#define IS(s,i) ((s)>>(i) & 1)
#define PREFIX(b,l,c,m) ((l)<=(m) && ((b)==(c) || (l)<=cut))
#ifdef NO_CONSISTENCY
#define GOES_ON(i,c) 1
#else
#define GOES_ON(i,c) PREFIX(wb[i],wl[i],c,size[c])
#endif
#define NUMBER(s) (IS(s,0)+IS(s,1)+IS(s,2)+IS(s,3))
inline pick(v) { v=0; do :: v<N-1 -> v++ :: break od }

/* Something leaves under the newest leaf of copy c. */
inline leave(c) {
  assert(Prop1 || !copied || size[c]<=cut || rel[1-c]<=cut);
  n=0; i=0;
  do :: i<N -> if :: PREFIX(c,size[c],wb[i],wl[i]) -> n++ :: else fi; i++ :: else -> break od;
  assert(Prop2 || n>=NEED);
  rel[c]=size[c]; n=0; i=0
}

inline start(c) {                      /* a leaf of its own, then the question */
  size[c]++; st[c]=1; asked[c]=0; heard[c]=0; cosigned[c]=0;
#ifdef NO_ASK
  st[c]=2; if :: c==1 -> assert(Prop3 || rel[0]<=cut) :: else fi
#endif
}

proctype Member(bit c) {
  byte i, n; bit b; byte l;
end:
  do
  :: atomic { st[c]==1 ->                              /* one of the others answers */
    pick(i);
    b=wb[i]; l=wl[i];
#ifdef NO_NONCE                                        /* or what it once said is played back */
    if :: skip :: b=ob[i]; l=ol[i] fi;
#endif
    if :: IS(asked[c],i) -> skip
       :: else ->
#ifndef NO_COMPARE
          if :: !PREFIX(b,l,c,size[c]) -> st[c]=3 :: else fi;
#endif
          asked[c]=asked[c] | (1<<i); heard[c]++; ob[i]=wb[i]; ol[i]=wl[i]
    fi;
    if :: st[c]==1 && heard[c]>=RESTART -> st[c]=2;
#ifndef CLONE
          if :: c==1 -> assert(Prop3 || rel[0]<=cut) :: else fi
#else
          skip
#endif
       :: else fi;
    i=0; b=0; l=0 }
  :: atomic { st[c]==2 && size[c]<LEN -> size[c]++; cosigned[c]=0;         /* the leaf of a release */
#ifdef NO_WAIT
    leave(c)
#endif
    }
  :: atomic { st[c]==2 ->                              /* one of the others is asked for its cosignature */
    pick(i);
    if :: (!IS(cosigned[c],i) && GOES_ON(i,c)) -> wb[i]=c; wl[i]=size[c]; cosigned[c]=cosigned[c] | (1<<i);
          if :: NUMBER(cosigned[c])==NEED && size[c]>rel[c] ->
#ifdef SANITY
                assert(!(c==1 && size[c]==4 && rel[0]>0));
#endif
                leave(c)
             :: else fi
       :: else -> skip
    fi;
    i=0 }
  :: atomic { (st[c]==1 || st[c]==2) && size[c]<LEN -> start(c) }          /* a crash, and a start */
#ifndef CLONE
  :: atomic { c==0 && copied && st[0]<3 -> st[0]=3 }                      /* the original is gone */
#endif
  od
}

active proctype Host() {               /* copies the disk once, and starts the copy once */
  atomic { st[0]>0 -> cut=size[0]; copied=1 }
#ifdef CLONE
  atomic { st[1]==0 -> size[1]=cut; start(1) }
#else
  atomic { st[0]==3 && st[1]==0 && size[0]>=cut -> size[1]=cut; start(1) }
#endif
}

#ifdef WITNESS_FORGETS                 /* what it has seen is not on disk before it answers */
active proctype Power() { byte i; atomic { pick(i); wb[i]=0; wl[i]=0; i=0 } }
#endif

init { atomic { st[0]=2; size[0]=1; run Member(0); run Member(1) } }
