// SPDX-License-Identifier: GPL-3.0-or-later
// A program with names to ask for, compiled by symbols.bats: prints "ready", and waits for its input to end.
#include <string>
#include <unistd.h>

namespace ns {
struct Stack {
	int n;
	Stack();
	~Stack();
	int push(int, const std::string &);
	int operator+(int) const;
};
template <class T> T twice(T x) { return x + x; }
template <class T> T pick(T x) { return x - 1; }
int only(char);
int over(int);
int over(long);

Stack::Stack() : n(0) {}
Stack::~Stack() { n = -1; }
int Stack::push(int a, const std::string &s) { return n += a + (int)s.size(); }
int Stack::operator+(int x) const { return n + x; }
int only(char c) { return c; }
int over(int a) { return a; }
int over(long b) { return (int)b; }
template int twice<int>(int);
template int pick<int>(int);
template long pick<long>(long);
}

namespace {
int hidden_one(int x) { static int calls; return x + ++calls; }
}

static int local_one(int x) { return x * 3; }
extern "C" int add(int a, int b);
int add(int a, int b) { return a + b; }
int big_bss[100000];
int start_value = 7;
namespace ns { thread_local int each_thread; }

int
main()
{
	char byte;
	ns::Stack s;
	volatile int sum = s.push(1, "x") + ns::only('c') + ns::over(1) + ns::over(2L) + (s + 1);

	sum = sum + hidden_one(2) + local_one(4) + add(1, 2) + start_value + big_bss[5] + ++ns::each_thread;
	if (write(1, "ready\n", 6) != 6)
		return 1;
	while (read(0, &byte, 1) > 0)
		;
	return sum == 0;
}
