from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0014_phones_and_columns")]
    operations = []
